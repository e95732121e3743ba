package emapi_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"net/netip"

	"deskd/emapi"
	"deskd/emapi/emulator"
)

// A login, the refusal of a second one, and who is where. The emulator stands in
// for the cluster; with a real one, leave HTTP out or set it to a transport of
// [emapi.NewTransport].
func Example() {
	cluster := emulator.New(emulator.Options{AppID: "deskd", Password: "secret"})
	cluster.AddDevice("SEP001122334455", "SEP0011223344AA")
	cluster.AddUser("jane@example.com")

	client, err := emapi.New(emapi.Config{
		URL:      "https://cucm.example.com:8443/emservice/EMServiceServlet",
		AppID:    "deskd",
		Password: emapi.NewSecret("secret"),
		HTTP:     cluster.Transport(),
	})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	login := emapi.LoginRequest{Device: "SEP001122334455", User: "jane@example.com", Exclusive: 8 * 60}
	fmt.Println("login:", client.Login(ctx, login))

	err = client.Login(ctx, login)
	var code emapi.Code
	if errors.As(err, &code) && code.Class() == emapi.Observe {
		fmt.Println("ask first:", code)
	}

	found, err := client.DeviceUsers(ctx, []string{"SEP001122334455", "SEP0011223344AA", "SEP0011223344FF"})
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range found {
		fmt.Printf("%s is %v %q\n", d.Device, d.State, d.User)
	}
	// Output:
	// login: <nil>
	// ask first: another user logged in (code 18)
	// SEP001122334455 is occupied "jane@example.com"
	// SEP0011223344AA is free ""
	// SEP0011223344FF is no such device ""
}

// What to do about an error depends on which of three kinds it is. Here the
// service breaks the connection after a login has had its effect.
func Example_errors() {
	cluster := emulator.New(emulator.Options{AppID: "deskd", Password: "secret"})
	cluster.AddDevice("SEP001122334455")
	cluster.AddUser("jane")
	if _, err := cluster.AddFault(emulator.Fault{Op: "login", Action: emulator.Reset, Effect: true, Count: 1}); err != nil {
		log.Fatal(err)
	}
	client, err := emapi.New(emapi.Config{
		URL:      "https://cucm.example.com:8443/emservice/EMServiceServlet",
		AppID:    "deskd",
		Password: emapi.NewSecret("secret"),
		HTTP:     cluster.Transport(),
	})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	for _, user := range []string{"jane", "nobody", "<jane>"} {
		err := client.Login(ctx, emapi.LoginRequest{Device: "SEP001122334455", User: user})
		var code emapi.Code
		switch {
		case err == nil:
			fmt.Println(user, "is logged in")
		case errors.As(err, &code):
			fmt.Println("refused:", code, "-", code.Advice())
		case errors.Is(err, emapi.ErrBadName):
			fmt.Println("cannot be sent, ever")
		case errors.Is(err, emapi.ErrNotSent):
			fmt.Println("nothing happened: try again")
		default:
			found, err := client.DeviceUsers(ctx, []string{"SEP001122334455"})
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println("asked first:", user, "is logged in:", found[0].Is(user))
		}
	}
	// Output:
	// asked first: jane is logged in: true
	// refused: another user logged in (code 18) - Ask who is logged in on the phone, then decide by policy; the same user counts as another.
	// cannot be sent, ever
}

// A cluster with three nodes, of which only the second can be reached.
func ExampleConfig_nodes() {
	cluster := emulator.New(emulator.Options{AppID: "deskd", Password: "secret"})
	cluster.AddDevice("SEP001122334455")
	node := httptest.NewServer(cluster)
	defer node.Close()

	client, err := emapi.New(emapi.Config{
		URL:      "http://127.0.0.1:1" + emulator.Path,
		Nodes:    []string{node.URL + emulator.Path, "http://127.0.0.1:2" + emulator.Path},
		AppID:    "deskd",
		Password: emapi.NewSecret("secret"),
	})
	if err != nil {
		log.Fatal(err)
	}
	found, err := client.DeviceUsers(context.Background(), []string{"SEP001122334455"})
	fmt.Println(found[0].State, err)
	// Output: free <nil>
}

// A web application that passes a person's request on names where it came from.
func ExampleClient_From() {
	cluster := emulator.New(emulator.Options{AppID: "portal", Password: "secret"})
	cluster.AddDevice("SEP001122334455")
	cluster.AddUser("jane")
	client, err := emapi.New(emapi.Config{
		URL:      "https://cucm.example.com:8443/emservice/EMServiceServlet",
		AppID:    "portal",
		Password: emapi.NewSecret("secret"),
		HTTP:     cluster.Transport(),
	})
	if err != nil {
		log.Fatal(err)
	}
	asked := client.From(emapi.Origin{Address: netip.MustParseAddr("192.0.2.7"), Via: new(false)})
	fmt.Println(asked.Login(context.Background(), emapi.LoginRequest{Device: "SEP001122334455", User: "jane"}))
	// Output: <nil>
}
