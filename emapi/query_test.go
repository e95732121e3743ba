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

	"pgregory.net/rapid"
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
		{"a bad name", []string{devices(1)[0], "lobby", devices(2)[1]}, directory{}, 1, "fuf", ErrUnsendable},
		{"only bad names", []string{"lobby"}, directory{}, 0, "u", ErrUnsendable},
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

// What an entry proves: occupied by one named user, free in a documented form,
// or missing. All else is unknown.
func TestDeviceStates(t *testing.T) {
	tests := []struct{ entry, state, user string }{
		// Nobody.
		{"<none/>", "free", ""},
		{"<none/><none/><emccDevice>no</emccDevice>", "free", ""},
		{"<none/><lastlogin>max</lastlogin><emccDevice>no</emccDevice>", "free", ""},
		{"<none/><emccDevice>yes</emccDevice>", "free", ""},
		{"<none></none>", "free", ""},
		{"<none> <!-- nobody --> </none>", "free", ""},
		{"<!-- <userID>jane</userID> --><none/>", "free", ""},
		{"<NONE/><LastLogin>max</LastLogin><EMCCDevice>No</EMCCDevice>", "free", ""},
		{"<em:none xmlns:em='urn:em' xml:lang='en'/>", "free", ""},
		{"<none/><slots/>", "free", ""},
		{"<lastlogin>max</lastlogin>", "free", ""},
		{"<LASTLOGIN>max</LASTLOGIN>", "free", ""},

		// A user, in every spelling.
		{"<userID>jane</userID>", "occupied", "jane"},
		{"<userID>jane</userID><none/>", "occupied", "jane"},
		{"<userID>jane</userID><lastlogin>max</lastlogin><emccDevice>no</emccDevice>", "occupied", "jane"},
		{"<userId>jane</userId><none/><emccDevice>no</emccDevice>", "occupied", "jane"},
		{"<UserID>jane</UserID><none/>", "occupied", "jane"},
		{"<userid>jane</userid><none/>", "occupied", "jane"},
		{"<USERID>jane</USERID><NONE/>", "occupied", "jane"},
		{"<em:userID xmlns:em='urn:em'>jane</em:userID><em:none/>", "occupied", "jane"},
		{"<userID type='local'>jane</userID><none/>", "occupied", "jane"},
		{"<userID><![CDATA[jane]]></userID><none/>", "occupied", "jane"},
		{"<userID>ja<!-- -->ne</userID><none/>", "occupied", "jane"},
		{"<none/><userID>jane</userID>", "occupied", "jane"},
		{"<userID> em%40cisco.com </userID>", "occupied", "em@cisco.com"},
		{"<userID>j%C3%B6hn+doe</userID>", "occupied", "jöhn doe"},
		{"<userID>j%F6hn</userID>", "occupied", "jöhn"}, // encoded from ISO-8859-1
		{"<userID>jane%20</userID>", "occupied", "jane"},
		{"<userID>&#106;ane</userID>", "occupied", "jane"},

		// Nobody that can be.
		{"<userID/>", "unknown", ""},
		{"<userID/><none/>", "unknown", ""},
		{"<none/><userID/>", "unknown", ""},
		{"<userID> </userID><none/>", "unknown", ""},
		{"<userID>&#32;&#xA0;</userID><none/>", "unknown", ""},
		{"<userID>&#x200B;</userID><none/>", "unknown", ""},
		{"<userID><![CDATA[ ]]></userID><none/>", "unknown", ""},
		{"<userID>%20</userID><none/>", "unknown", ""},
		{"<userID>%09%0a</userID><none/>", "unknown", ""},
		{"<userID>%C2%A0</userID><none/>", "unknown", ""},
		{"<userID>+</userID><none/>", "unknown", ""},
		{"<userID>%00</userID><none/>", "unknown", ""},
		{"<userID>jane%00</userID><none/>", "unknown", ""},
		{"<userID value='jane'/><none/>", "unknown", ""},

		// More than a form has room for.
		{"<userID>jane</userID><userID>max</userID>", "unknown", ""},
		{"<userID>jane</userID><userId>max</userId>", "unknown", ""},
		{"<userID>jo<b>x</b>hn</userID><none/>", "unknown", ""},
		{"<userID><id>jane</id></userID><none/>", "unknown", ""},
		{"<none/><lastlogin><userID>jane</userID></lastlogin>", "unknown", ""},
		{"<none/><lastlogin>max</lastlogin><lastlogin>jane</lastlogin>", "unknown", ""},
		{"<none>jane</none>", "unknown", ""},
		{"<none>false</none>", "unknown", ""},
		{"<none><userID>jane</userID></none>", "unknown", ""},
		{"<none user='jane'/>", "unknown", ""},
		{"<none/>jane", "unknown", ""},
		{"jane<none/>", "unknown", ""},
		{"<![CDATA[jane]]><none/>", "unknown", ""},
		{"<none/><emccDevice>jane</emccDevice>", "unknown", ""},
		{"<none/><failure><error code='6'>x</error></failure>", "unknown", ""},
		{"none", "unknown", ""},
		{"", "unknown", ""},

		// Elements nobody knows, and known ones where they prove nothing.
		{"<selfServiceUserID>jane</selfServiceUserID><none/><emccDevice>no</emccDevice>", "unknown", ""},
		{"<none/><selfServiceUserID>jane</selfServiceUserID>", "unknown", ""},
		{"<user-ID>jane</user-ID><none/>", "unknown", ""},
		{"<none/><x><userID>jane</userID></x>", "unknown", ""},
		{"<slot><none/></slot>", "unknown", ""},
		{"<slot/><none/>", "unknown", ""},
		{"<session user='jane'/><none/>", "unknown", ""},
		{"<none/><session user='jane'/>", "unknown", ""},
		{"<userID>max</userID><sessionOf>jane</sessionOf>", "unknown", ""},
		{"<deviceName>SEP1</deviceName><none/>", "unknown", ""},
		{"<emccDevice>no</emccDevice><none/>", "unknown", ""},
		{"<emccDevice>no</emccDevice>", "unknown", ""},
		{"<lastlogin>max</lastlogin><none/>", "unknown", ""},
		{"<lastlogin>max</lastlogin><emccDevice>no</emccDevice>", "unknown", ""},
		{"<lastlogin/>", "unknown", ""},

		// Missing.
		{"<doesNotExist/>", "no such device", ""},
		{"<DoesNotExist/>", "no such device", ""},
		{"<doesNotExist/><emccDevice>no</emccDevice>", "no such device", ""},
		{"<doesNotExist>false</doesNotExist>", "unknown", ""},
		{"<none/><doesNotExist/>", "unknown", ""},
		{"<doesNotExist/><none/>", "unknown", ""},
		{"<doesNotExist/><lastlogin>max</lastlogin>", "unknown", ""},
		{"<userID>jane</userID><doesNotExist/>", "unknown", ""},
	}
	for _, tt := range tests {
		body := "<response><deviceUserResults><device name='" + testDevice + "'>" + tt.entry + "</device></deviceUserResults></response>"
		found, err := newTestClient(t, replying(body)).DeviceUsers(t.Context(), []string{testDevice})
		if err != nil {
			t.Fatalf("%s: %v", tt.entry, err)
		}
		d := found[0]
		if d.State.String() != tt.state || d.User != tt.user {
			t.Errorf("%s is read as %v with %q (%s), expected %s with %q", tt.entry, d.State, d.User, d.Doubt, tt.state, tt.user)
		}
		if (d.State == Unknown) != (d.Doubt != "") {
			t.Errorf("%s is %v with the doubt %q", tt.entry, d.State, d.Doubt)
		}
		if tt.user != "" && (!d.Is(strings.ToUpper(tt.user)) || d.Is("max")) {
			t.Errorf("%+v does not compare with its user", d)
		}
	}
	if (DeviceUser{RawUser: "jane"}).Is("jane") {
		t.Error("an unknown device has a user")
	}
}

// Whose entry it is: by the name in any case, and by one entry only or several
// that say the same.
func TestEntriesOfADevice(t *testing.T) {
	const is, free, jane = "<device name='" + testDevice + "'>", "<none/></device>", "<userID>jane</userID></device>"
	tests := map[string]string{
		is + free:             "free",
		is + jane:             "occupied",
		is + free + is + free: "free",
		is + free + is + jane: "unknown",
		is + jane + is + free: "unknown",
		is + jane + is + "<userID>max</userID></device>":                   "unknown",
		is + jane + "<device name='SEP000000000001'>" + free:               "occupied", // nobody asked about that one
		"<device name='SEP000000000001'>" + free:                           "unknown",
		"<device name='" + strings.ToLower(testDevice) + "'>" + jane:       "occupied",
		"<Device Name='" + testDevice + "'><UserID>jane</UserID></Device>": "occupied",
		"<device em:name='" + testDevice + "'>" + jane:                     "occupied",
		"<device name=' " + testDevice + " '>" + jane:                      "occupied",
		"<device>" + free:                                                  "unknown",
		"<device id='" + testDevice + "'>" + free:                          "unknown",
		"<device name='" + testDevice + "' Name='SEP000000000001'>" + free: "unknown",
		"<device name='" + testDevice + "' user='jane'>" + free:            "unknown",
		"<device name='" + testDevice + "' model='8861'>" + jane:           "occupied",
		is + "</device>" + is + free:                                       "unknown",
	}
	for entries, want := range tests {
		body := "<response><deviceUserResults>" + entries + "</deviceUserResults></response>"
		found, err := newTestClient(t, replying(body)).DeviceUsers(t.Context(), []string{testDevice})
		if err != nil || found[0].State.String() != want {
			t.Errorf("%s is read as %v (%s, %v), expected %s", entries, found[0].State, found[0].Doubt, err, want)
		}
	}
}

// The queries about users are as strict.
func TestUserEntries(t *testing.T) {
	tests := []struct{ entry, where, check, profiles string }{
		{"<none/>", "exists", "unknown", "exists"},
		{"<doesNotExist/>", "missing", "missing", "missing"},
		{"<DOESNOTEXIST/>", "missing", "missing", "missing"},
		{"<doesNotExist>false</doesNotExist>", "unknown", "unknown", "unknown"},
		{"<none>SEP1</none>", "unknown", "unknown", "unknown"},
		{"<none/><doesNotExist/>", "unknown", "unknown", "unknown"},
		{"", "unknown", "unknown", "exists"},
		{"jane", "unknown", "unknown", "unknown"},
		{"<reason>gone</reason><none/>", "unknown", "unknown", "unknown"},

		{"<deviceName>SEP1</deviceName>", "exists SEP1", "unknown", "unknown"},
		{"<DeviceName>SEP1</DeviceName><devicename>SEP2</devicename>", "exists SEP1 SEP2", "unknown", "unknown"},
		{"<deviceName/>", "unknown", "unknown", "unknown"},
		{"<deviceName> </deviceName>", "unknown", "unknown", "unknown"},
		{"<deviceName>SEP1</deviceName><deviceName/>", "unknown", "unknown", "unknown"},
		{"<deviceName>SEP1</deviceName><none/>", "unknown", "unknown", "unknown"},
		{"<deviceName>SEP1</deviceName><doesNotExist/>", "unknown", "unknown", "unknown"},
		{"<deviceName><name>SEP1</name></deviceName>", "unknown", "unknown", "unknown"},
		{"<x><deviceName>SEP1</deviceName></x><none/>", "unknown", "unknown", "unknown"},

		{"<exists>jane</exists>", "unknown", "exists", "unknown"},
		{"<Exists>JANE</Exists>", "unknown", "exists", "unknown"},
		{"<exists>true</exists>", "unknown", "exists", "unknown"},
		{"<exists>false</exists>", "missing", "missing", "missing"},
		{"<exists> No </exists>", "missing", "missing", "missing"},
		{"<exists>0</exists>", "missing", "missing", "missing"},
		{"<exists>max</exists>", "unknown", "unknown", "unknown"},
		{"<exists/>", "unknown", "unknown", "unknown"},
		{"<exists>jane</exists><exists>jane</exists>", "unknown", "unknown", "unknown"},
		{"<exists>jane</exists><doesNotExist/>", "unknown", "unknown", "unknown"},
		{"<exists>ja<b/>ne</exists>", "unknown", "unknown", "unknown"},

		{"<deviceProfile><deviceProfileName>P</deviceProfileName><isDefaultDeviceProfile>t</isDefaultDeviceProfile></deviceProfile>", "unknown", "unknown", "exists P*"},
		{"<deviceProfile><isDefaultDeviceProfile>t</isDefaultDeviceProfile><deviceProfileName>P</deviceProfileName></deviceProfile><deviceProfile><deviceProfileName>Q</deviceProfileName></deviceProfile>", "unknown", "unknown", "exists P* Q"},
		{"<DeviceProfile><DeviceProfileName>P</DeviceProfileName><ISDEFAULTDEVICEPROFILE>F</ISDEFAULTDEVICEPROFILE></DeviceProfile>", "unknown", "unknown", "exists P"},
		{"<deviceProfileName>P</deviceProfileName><deviceProfileName>Q</deviceProfileName>", "unknown", "unknown", "exists P Q"},
		{"<deviceProfileName>P</deviceProfileName><isDefaultDeviceProfile>t</isDefaultDeviceProfile><deviceProfileName>Q</deviceProfileName>", "unknown", "unknown", "exists P* Q"},
		{"<isDefaultDeviceProfile>t</isDefaultDeviceProfile><deviceProfileName>P</deviceProfileName>", "unknown", "unknown", "unknown"},
		{"<deviceProfileName/>", "unknown", "unknown", "unknown"},
		{"<deviceProfile/>", "unknown", "unknown", "unknown"},
		{"<deviceProfile>P</deviceProfile>", "unknown", "unknown", "unknown"},
		{"<deviceProfile><deviceProfileName>P</deviceProfileName><deviceProfileName>Q</deviceProfileName></deviceProfile>", "unknown", "unknown", "unknown"},
		{"<deviceProfileName>P</deviceProfileName><isDefaultDeviceProfile>Q</isDefaultDeviceProfile>", "unknown", "unknown", "unknown"},
		{"<deviceProfileName>P</deviceProfileName><doesNotExist/>", "unknown", "unknown", "unknown"},
		{"<deviceProfileName>P</deviceProfileName><none/>", "unknown", "unknown", "unknown"},
	}
	said := func(known, exists bool, all ...string) string {
		switch {
		case !known:
			return "unknown"
		case exists:
			return strings.Join(append([]string{"exists"}, all...), " ")
		}
		return "missing"
	}
	for _, tt := range tests {
		c := newTestClient(t, replying("<response><userResults><user id='Jane'>"+tt.entry+"</user></userResults></response>"))
		where, err := c.UserDevices(t.Context(), []string{"jane"})
		if got := said(where[0].Known, where[0].Exists, where[0].Devices...); err != nil || got != tt.where {
			t.Errorf("%s: devices are %s (%v), expected %s", tt.entry, got, err, tt.where)
		}
		check, err := c.CheckUser(t.Context(), []string{"jane"})
		if got := said(check[0].Known, check[0].Exists); err != nil || got != tt.check {
			t.Errorf("%s: the user is %s (%v), expected %s", tt.entry, got, err, tt.check)
		}
		profiles, err := c.DeviceProfiles(t.Context(), []string{"jane"})
		var names []string
		for _, p := range profiles[0].Profiles {
			names = append(names, p.Name+map[bool]string{true: "*"}[p.Default])
		}
		if got := said(profiles[0].Known, profiles[0].Exists, names...); err != nil || got != tt.profiles {
			t.Errorf("%s: profiles are %s (%v), expected %s", tt.entry, got, err, tt.profiles)
		}
	}
}

// An entry that can mean two of the users asked about means neither.
func TestEntryOfTwoUsers(t *testing.T) {
	c := newTestClient(t, replying("<response><userDevicesResults><user id='a+b'><none/></user><user id='c'><none/></user></userDevicesResults></response>"))
	found, err := c.UserDevices(t.Context(), []string{"a b", "a+b", "c"})
	want := []UserDevices{{User: "a b"}, {User: "a+b"}, {User: "c", Known: true, Exists: true}}
	if diff := cmp.Diff(want, found); err != nil || diff != "" {
		t.Errorf("error is %v; found (-want +got):\n%s", err, diff)
	}
	found, err = c.UserDevices(t.Context(), []string{"a b"})
	if err != nil || !found[0].Known {
		t.Errorf("asked about one of them alone: %+v, %v", found, err)
	}
}

// A success is an empty element.
func TestSuccess(t *testing.T) {
	for inside, want := range map[string]error{
		"<success/>":                    nil,
		"<success></success>":           nil,
		"<success> <!-- --> </success>": nil,
		"<Success/>":                    nil,
		"<SUCCESS/>":                    nil,
		"<success xmlns='urn:em' xml:lang='en'/>":                     nil,
		"<success>false</success>":                                    ErrUnknownOutcome,
		"<success>true</success>":                                     ErrUnknownOutcome,
		"<success><no/></success>":                                    ErrUnknownOutcome,
		"<success value='false'/>":                                    ErrUnknownOutcome,
		"<success>0<x/></success>":                                    ErrUnknownOutcome,
		"<success/><Success/>":                                        ErrUnknownOutcome,
		"<success/><FAILURE/>":                                        ErrUnknownOutcome,
		"<Failure><Error Code='18'>x</Error></Failure>":               CodeOccupied,
		"<failure><ERRORMESSAGE CODE='18'>x</ERRORMESSAGE></failure>": CodeOccupied,
	} {
		for _, root := range []string{"response", "Response"} {
			body := "<" + root + ">" + inside + "</" + root + ">"
			err := newTestClient(t, replying(body)).Login(t.Context(), LoginRequest{Device: testDevice, User: "jane"})
			if !errors.Is(err, want) || (err == nil) != (want == nil) {
				t.Errorf("%s: error is %v, expected %v", body, err, want)
			}
		}
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

// Names that differ in case alone pass the glance at their last bytes: also where only one
// of them is in ASCII, as the long s and the Kelvin sign fold to.
func TestMayBeSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.StringOf(rapid.RuneFrom([]rune("aAkK\u212asS\u017f0@`[{ñÑ"))).Draw(t, "a")
		b := rapid.StringOf(rapid.RuneFrom([]rune("aAkK\u212asS\u017f0@`[{ñÑ"))).Draw(t, "b")
		for _, other := range []string{b, strings.ToUpper(a), strings.ToLower(a)} {
			if strings.EqualFold(a, other) && !mayBeSame(a, other) {
				t.Fatalf("%q and %q", a, other)
			}
		}
	})
	if mayBeSame("SEP000000000001", "SEP000000000002") {
		t.Error("nothing is gained")
	}
}
