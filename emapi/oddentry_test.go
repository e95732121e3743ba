package emapi

import (
	"strings"
	"testing"
)

// One entry that cannot be understood leaves its own device unknown, and says
// nothing of the others in the same reply: neither before nor behind it.
func TestOddEntryIsAlone(t *testing.T) {
	one, odd, two := devices(3)[0], devices(3)[1], devices(3)[2]
	for name, entry := range map[string]string{
		"a user":                   `<device name="ODD"><user id="jane"/><none/></device>`,
		"an empty user":            `<device name="ODD"><none/><user/></device>`,
		"a user with a userID":     `<device name="ODD"><user id="jane"><userID>jane</userID></user></device>`,
		"a device":                 `<device name="ODD"><none/><device name="SEP0000000000FF"><none/></device></device>`,
		"itself":                   `<device name="ODD"><device name="ODD"><none/></device></device>`,
		"a nest":                   `<device name="ODD"><device><device><user><device/></user></device></device><none/></device>`,
		"itself, inside another":   `<device name="SEP0000000000FF"><none/><device name="ODD"><none/></device></device>`,
		"a success":                `<device name="ODD"><success/><none/></device>`,
		"a success that says more": `<device name="ODD"><none/><success code="0">jane</success></device>`,
		"a failure":                `<device name="ODD"><failure><error code="6">database</error></failure></device>`,
		"a refusal behind none":    `<device name="ODD"><none/><error code="18">in use</error></device>`,
		"an unknown element":       `<device name="ODD"><session>jane</session><none/></device>`,
		"an unknown element last":  `<device name="ODD"><none/><session>jane</session></device>`,
		"an unknown nest":          `<device name="ODD"><none/><session><userID>jane</userID></session></device>`,
		"results":                  `<device name="ODD"><deviceUserResults><userID>jane</userID></deviceUserResults></device>`,
		"a response":               `<device name="ODD"><response><none/></response></device>`,
		"twice, unlike":            `<device name="ODD"><none/></device><device name="ODD"><userID>jane</userID></device>`,
		"twice, not in order":      `<device name="ODD"><userID>jane</userID></device><device name="ODD"><none/></device>`,
		"without a name":           `<device><none/></device>`,
		"an empty name":            `<device name=""><none/></device>`,
		"a name of a name":         `<device><name>ODD</name><none/></device>`,
		"two names":                `<device name="ODD" Name="SEP0000000000FF"><none/></device>`,
		"in a section":             `<device name="ODD"><![CDATA[<none/>]]></device>`,
		"in a comment":             `<device name="ODD"><!-- <none/> --></device>`,
		"a section beside":         `<device name="ODD"><none/><![CDATA[jane]]></device>`,
		"another namespace":        `<device name="ODD"><x:session xmlns:x="urn:x">jane</x:session><none/></device>`,
		"a user of a namespace":    `<device name="ODD"><x:user xmlns:x="urn:x" id="jane"/><none/></device>`,
		"references":               `<device name="ODD"><userID>&#32;&#x20;</userID><none/></device>`,
		"a visitor and none":       `<device name="ODD"><userID>jane</userID><emccDevice>yes</emccDevice><emccDevice>no</emccDevice></device>`,
		"none and a visitor":       `<device name="ODD"><none/><emccDevice>no</emccDevice><emccDevice>yes</emccDevice></device>`,
		"a visitor in a nest":      `<device name="ODD"><userID>jane</userID><emccDevice><x>yes</x></emccDevice></device>`,
		"a visitor as attribute":   `<device name="ODD"><userID>jane</userID><emccDevice value="yes"/></device>`,
		"in an unknown element":    `<foo><device name="ODD"><none/></device></foo>`,
		"text":                     `<device name="ODD">jane<none/></device>`,
		"text behind":              `<device name="ODD"><none/>jane</device>`,
	} {
		t.Run(name, func(t *testing.T) {
			entry = strings.ReplaceAll(entry, "ODD", odd)
			body := `<response><deviceUserResults><device name="` + one + `"><userID>max</userID><none/></device>` + entry +
				`<device name="` + two + `"><none/></device></deviceUserResults></response>`
			found, err := newTestClient(t, replying(body)).DeviceUsers(t.Context(), devices(3))
			if err != nil || states(found) != "ouf" {
				t.Errorf("states %q (%v), expected the first occupied, the second unknown, the last free", states(found), err)
			}
		})
	}
}

// The same of users.
func TestOddUserIsAlone(t *testing.T) {
	for name, entry := range map[string]string{
		"a device":   `<user id="odd"><device name="SEP000000000001"/><deviceName>SEP000000000001</deviceName></user>`,
		"a user":     `<user id="odd"><user id="eve"><none/></user></user>`,
		"itself":     `<user id="odd"><user id="odd"><none/></user></user>`,
		"elsewhere":  `<user id="eve"><none/><user id="odd"><none/></user></user>`,
		"a success":  `<user id="odd"><success/><none/></user>`,
		"unknown":    `<user id="odd"><session>x</session><none/></user>`,
		"without id": `<user><none/></user>`,
	} {
		t.Run(name, func(t *testing.T) {
			body := `<response><userDevicesResults><user id="max"><deviceName>SEP000000000002</deviceName></user>` + entry +
				`<user id="jane"><none/></user></userDevicesResults></response>`
			found, err := newTestClient(t, replying(body)).UserDevices(t.Context(), []string{"max", "odd", "jane"})
			if err != nil || len(found) != 3 || !found[0].Known || len(found[0].Devices) != 1 || found[1].Known || !found[2].Known || len(found[2].Devices) != 0 {
				t.Errorf("found %+v (%v), expected max on one, odd unknown, jane on none", found, err)
			}
		})
	}
}

// A success inside an entry is no answer to a login.
func TestSuccessInEntryIsNone(t *testing.T) {
	for _, body := range []string{
		`<response><device name="SEP000000000001"><success/></device></response>`,
		`<response><user id="jane"><success/></user></response>`,
		`<response><device><user><success/></user></device></response>`,
	} {
		err := newTestClient(t, replying(body)).Login(t.Context(), LoginRequest{Device: testDevice, User: "jane"})
		if err == nil {
			t.Errorf("%s is read as a success", body)
		}
	}
}
