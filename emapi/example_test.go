package emapi_test

import (
	"context"
	"errors"
	"fmt"
	"log"

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
