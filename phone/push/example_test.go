package push_test

import (
	"context"
	"fmt"
	"net/netip"

	"deskd/phone"
	"deskd/phone/emulator"
	"deskd/phone/push"
)

// The call list of a phone is cleared, and the phone that has its address is not touched.
func ExampleClient_Push() {
	world := emulator.New(emulator.Options{})
	first := world.Add(emulator.M8845, "SEP001122334455", netip.MustParseAddr("10.0.0.1"))
	first.Miss("1000")
	client := &push.Client{
		User: "deskd", Password: "secret", Transport: world,
		Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")},
	}
	to := push.Phone{Name: first.Name(), Address: netip.MustParseAddr("10.0.0.1")}
	forget := phone.Execute{Items: []phone.ExecuteItem{{URL: "Init:CallHistory"}}}

	_, err := client.Push(context.Background(), to, forget)
	fmt.Println(push.OutcomeOf(err), first.Calls())

	world.Add(emulator.M7841, "SEP999999999999", to.Address).Miss("2000")
	_, err = client.Push(context.Background(), to, forget)
	fmt.Println(push.OutcomeOf(err))
	fmt.Println(err)
	// Output:
	// ok []
	// other phone
	// push to SEP001122334455: other phone: 10.0.0.1 is the address of "SEP999999999999"
}
