package emulator

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"deskd/emapi"
)

const (
	app    = "<appInfo><appID>deskd</appID><appCertificate>secret</appCertificate></appInfo>"
	phone1 = "SEP000000000001"
	phone2 = "SEP000000000002"
)

func loginXML(device, user string) string {
	return "<request>" + app + "<login><deviceName>" + device + "</deviceName><userID>" + user + "</userID></login></request>"
}

func logoutXML(device string) string {
	return "<request>" + app + "<logout><deviceName>" + device + "</deviceName></logout></request>"
}

const queryXML = "<query>" + app + "<deviceUserQuery><deviceName>" + phone1 + "</deviceName></deviceUserQuery></query>"

// newWorld returns an emulator with three phones and three users.
func newWorld(o Options) *Emulator {
	o.AppID, o.Password = "deskd", "secret"
	e := New(o)
	e.Populate(3, 3)
	return e
}

func newClient(t testing.TB, address string, door http.RoundTripper) *emapi.Client {
	t.Helper()
	c, err := emapi.New(emapi.Config{
		URL: address + Path, AppID: "deskd", Password: emapi.NewSecret("secret"), HTTP: door, Timeout: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// post sends a message through the in-process door and returns the reply.
func post(t testing.TB, e *Emulator, message string) string {
	t.Helper()
	form := strings.NewReader(url.Values{"xml": {message}}.Encode())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://cucm"+Path, form)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := e.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// verdict shortens a reply to "ok" or its code.
func verdict(reply string) string {
	if reply == success {
		return "ok"
	}
	var code int
	if _, text, ok := strings.Cut(reply, "code=\""); ok {
		if _, err := fmt.Sscanf(text, "%d", &code); err == nil {
			return fmt.Sprint("code ", code)
		}
	}
	return reply
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %s, expected %s", what, got, want)
	}
}
