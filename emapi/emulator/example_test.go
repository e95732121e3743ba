package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"deskd/emapi"
	"deskd/emapi/emulator"
)

// A client in the same process, whose answer to a login is lost after it has
// happened: it has to ask, and not to repeat.
func Example() {
	cluster := emulator.New(emulator.Options{AppID: "deskd", Password: "secret"})
	cluster.Populate(20, 20)
	client, err := emapi.New(emapi.Config{
		URL:   "http://cucm" + emulator.Path,
		AppID: "deskd", Password: emapi.NewSecret("secret"),
		HTTP: cluster.Transport(),
	})
	if err != nil {
		log.Fatal(err)
	}
	fault := emulator.Fault{Op: "login", Action: emulator.Reset, Effect: true, Count: 1}
	if _, err := cluster.AddFault(fault); err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	phone, person := emulator.DeviceName(7), emulator.UserName(7)
	err = client.Login(ctx, emapi.LoginRequest{Device: phone, User: person})
	fmt.Println("outcome unknown:", errors.Is(err, emapi.ErrUnknownOutcome))

	found, err := client.DeviceUsers(ctx, []string{phone})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found[0].Device, "is", found[0].State, "by", found[0].User)

	fmt.Println("at the phone:", cluster.PressLogout(phone))
	for _, e := range cluster.Events() {
		fmt.Println(e.Kind, e.User, "by", e.By)
	}
	// Output:
	// outcome unknown: true
	// SEP000000000007 is occupied by user0007
	// at the phone: <nil>
	// login user0007 by api
	// logout user0007 by phone
}

// Any client over a real connection, here one that does everything by hand.
func Example_overHTTP() {
	cluster := emulator.New(emulator.Options{AppID: "deskd", Password: "secret"})
	cluster.AddDevice("SEP001122334455")
	cluster.AddUser("em@cisco.com", "desk", "home")
	server := httptest.NewServer(cluster)
	defer server.Close()

	send := func(message string) {
		app := "<appInfo><appID>deskd</appID><appCertificate>secret</appCertificate></appInfo>"
		form := url.Values{"xml": {strings.Replace(message, "<app/>", app, 1)}}
		resp, err := http.PostForm(server.URL+emulator.Path, form)
		if err != nil {
			log.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(string(text))
	}
	send("<request><app/><login><deviceName>SEP001122334455</deviceName><userID>em@cisco.com</userID></login></request>")
	send("<query><app/><deviceUserQuery><deviceName>SEP001122334455</deviceName></deviceUserQuery></query>")
	send("<request><app/><login><deviceName>SEP001122334455</deviceName><userID>em@cisco.com</userID></login></request>")
	// Output:
	// <?xml version="1.0"?>
	// <response>
	// <success/>
	// </response>
	// <response>
	// <deviceUserResults>
	// <device name="SEP001122334455">
	// <userID>em%40cisco.com</userID>
	// <none/>
	// <emccDevice>no</emccDevice>
	// </device>
	// </deviceUserResults>
	// </response>
	// <response>
	// <failure>
	// <error code="18">Another user logged in: Phone currently has user logged in</error>
	// </failure>
	// </response>
}
