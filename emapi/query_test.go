package emapi

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// directory is a door that says of each device asked about that it is free,
// and fails from the given request on.
type directory struct {
	asked [][]string
	fail  int // the request that fails, 0 for none
	with  string
}

func (d *directory) RoundTrip(r *http.Request) (*http.Response, error) {
	var query struct {
		Devices []string `xml:"deviceUserQuery>deviceName"`
	}
	if err := xml.Unmarshal([]byte(r.PostFormValue("xml")), &query); err != nil {
		return nil, err
	}
	d.asked = append(d.asked, query.Devices)
	if len(d.asked) == d.fail {
		return answer(d.with), nil
	}
	var b strings.Builder
	for _, name := range slices.Backward(query.Devices) {
		fmt.Fprintf(&b, "<device name=%q><none/></device>", strings.ToLower(name))
	}
	return answer("<response><deviceUserResults>" + b.String() + "</deviceUserResults></response>"), nil
}

func devices(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("SEP%012X", i+1)
	}
	return names
}

func states(found []DeviceUser) string {
	var b strings.Builder
	for _, d := range found {
		b.WriteString(d.State.String()[:1])
	}
	return b.String()
}

func TestDeviceUsersInBatches(t *testing.T) {
	refused := "<response><failure><error code=\"26\">busy</error></failure></response>"
	tests := []struct {
		name     string
		devices  []string
		dir      directory
		requests int
		states   string
		err      error
	}{
		{"none", nil, directory{}, 0, "", nil},
		{"exactly one batch", devices(3), directory{}, 1, "fff", nil},
		{"a rest", devices(7), directory{}, 3, "fffffff", nil},
		{"the second fails", devices(7), directory{fail: 2, with: refused}, 2, "fffuuuu", CodeBusy},
		{"the last is garbage", devices(7), directory{fail: 3, with: "<html/>"}, 3, "ffffffu", ErrUnknownOutcome},
		{"a bad name", []string{devices(1)[0], "lobby", devices(2)[1]}, directory{}, 1, "fuf", ErrNotSent},
		{"only bad names", []string{"lobby"}, directory{}, 0, "u", ErrNotSent},
		{"a name twice", []string{devices(1)[0], devices(1)[0]}, directory{}, 1, "ff", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(Config{URL: "http://cucm/", AppID: "deskd", Password: NewSecret("x"), HTTP: &parsing{&tt.dir}, BatchSize: 3})
			if err != nil {
				t.Fatal(err)
			}
			found, err := c.DeviceUsers(t.Context(), tt.devices)
			if !errors.Is(err, tt.err) || (err != nil) != (tt.err != nil) {
				t.Errorf("error is %v, expected %v", err, tt.err)
			}
			if len(tt.dir.asked) != tt.requests || states(found) != tt.states {
				t.Errorf("%d requests, states %q; expected %d and %q", len(tt.dir.asked), states(found), tt.requests, tt.states)
			}
			for i, d := range found {
				if d.Device != tt.devices[i] {
					t.Errorf("answer %d is about %q, expected %q", i, d.Device, tt.devices[i])
				}
			}
		})
	}
}

// parsing reads the form before the request reaches the door.
type parsing struct{ next http.RoundTripper }

func (p *parsing) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	return p.next.RoundTrip(r)
}

func TestDeviceStates(t *testing.T) {
	tests := []struct{ name, entry, state, user string }{
		{"free", "<none/>", "free", ""},
		{"occupied", "<userID>jane</userID><none/>", "occupied", "jane"},
		{"occupied elsewhere in it", "<none/><x><userID>jane</userID></x>", "occupied", "jane"},
		{"encoded", "<userID> em%40cisco.com </userID>", "occupied", "em@cisco.com"},
		{"missing", "<doesNotExist/>", "no such device", ""},
		{"missing and free", "<none/><doesNotExist/>", "no such device", ""},
		{"missing and occupied", "<userID>jane</userID><doesNotExist/>", "unknown", ""},
		{"empty user", "<userID/>", "unknown", ""},
		{"empty user beside none", "<userID> </userID><none/>", "unknown", ""},
		{"two users", "<userID>jane</userID><userID>max</userID>", "unknown", ""},
		{"only who was before", "<lastlogin>jane</lastlogin>", "unknown", ""},
		{"nothing", "", "unknown", ""},
		{"failure", "<none/><failure><error code='6'>x</error></failure>", "unknown", ""},
		{"text", "none", "unknown", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := "<response><deviceUserResults><device name='" + testDevice + "'>" + tt.entry + "</device></deviceUserResults></response>"
			found, err := newTestClient(t, replying(body)).DeviceUsers(t.Context(), []string{testDevice})
			if err != nil {
				t.Fatal(err)
			}
			if found[0].State.String() != tt.state || found[0].User != tt.user {
				t.Errorf("device is %v with %q, expected %s with %q", found[0].State, found[0].User, tt.state, tt.user)
			}
			if tt.user != "" && (!found[0].Is(strings.ToUpper(tt.user)) || found[0].Is("max")) {
				t.Errorf("%+v does not compare with its user", found[0])
			}
		})
	}
	if (DeviceUser{RawUser: "jane"}).Is("jane") {
		t.Error("an unknown device has a user")
	}
}

func TestQueryNeedsItsAnswer(t *testing.T) {
	entry := "<device name='" + testDevice + "'><none/></device>"
	tests := map[string]struct {
		body string
		want error
	}{
		"success":                          {okReply, ErrUnknownOutcome},
		"nothing in it":                    {"<response/>", ErrUnknownOutcome},
		"success and results":              {"<response><success/><deviceUserResults>" + entry + "</deviceUserResults></response>", ErrUnknownOutcome},
		"failure and results":              {"<response><failure><error code='6'>x</error></failure>" + entry + "</response>", ErrUnknownOutcome},
		"two failures":                     {"<response><failure><error code='6'>x</error><error code='3'>x</error></failure></response>", ErrUnknownOutcome},
		"failure":                          {"<response><failure><error code='6'>x</error></failure></response>", CodeDatabase},
		"failure of a number nobody knows": {"<response><failure><error code='4711'>x</error></failure></response>", Code(4711)},
		"failure of no number":             {"<response><failure><error code='x'>x</error></failure></response>", CodeNone},
		"empty results":                    {"<response><deviceUserResults/></response>", nil},
		"another device":                   {"<response><deviceUserResults><device name='SEP000000000001'><none/></device></deviceUserResults></response>", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			found, err := newTestClient(t, replying(tt.body)).DeviceUsers(t.Context(), []string{testDevice})
			if !errors.Is(err, tt.want) || (err != nil) != (tt.want != nil) {
				t.Errorf("error is %v, expected %v", err, tt.want)
			}
			if len(found) != 1 || found[0].State != Unknown {
				t.Errorf("found %+v, expected one unknown device", found)
			}
		})
	}
}

// One user's trouble is reported and leaves the others' answers alone.
func TestUserFailureStaysWithTheUser(t *testing.T) {
	body := `<response><deviceProfileResults>
		<user id="a"><failure><error code="6">db</error></failure></user>
		<user id="b"><failure><error code="23">no</error></failure></user>
		<user id="c"><deviceProfile><deviceProfileName>P</deviceProfileName><isDefaultDeviceProfile>true</isDefaultDeviceProfile></deviceProfile></user>
		<user id="d"></user><user id="D"></user></deviceProfileResults></response>`
	found, err := newTestClient(t, replying(body)).DeviceProfiles(t.Context(), []string{"a", "b", "C", "d", "e"})
	want := []UserProfiles{
		{User: "a"},
		{User: "b", Known: true},
		{User: "C", Known: true, Exists: true, Profiles: []Profile{{"P", true}}},
		{User: "d"}, // named twice
		{User: "e"},
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("profiles (-want +got):\n%s", diff)
	}
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Target != "a" || refusal.Code != CodeDatabase {
		t.Errorf("error is %v, expected that of user a", err)
	}
}
