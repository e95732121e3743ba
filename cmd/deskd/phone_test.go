package main

import (
	"encoding/json"
	"strings"
	"testing"

	"deskd/phone"
)

// Each message of the book is explained, however it is copied from a phone.
func TestExplainPhoneError(t *testing.T) {
	w := newWorld(t)
	w.contains(w.plain("explain", "phone-error", "Host Not Found"), 0, "Host Not Found\n", "cannot resolve the name", "What to do: ")
	for _, spelt := range []string{"Server Busy! (503)", "server busy", "SERVER  BUSY!"} {
		w.contains(w.plain("explain", "phone-error", spelt), 0, "Server Busy!\n", "answered 503")
	}
	w.contains(w.plain("explain", "phone-error", `<CiscoIPPhoneError Number="4"/>`), 0, "CiscoIPPhoneError 4\n", "controlled devices")
	w.contains(w.plain("explain", "phone-error", "host", "not", "found"), 0, "Host Not Found\n")
	w.contains(w.plain("explain", "phone-error", "Hots Not Found"), 2, `no phone is known to show "Hots Not Found"; did you mean "Host Not Found"?`)

	list := w.plain("explain", "phone-error", "--list")
	w.contains(list, 0, "MESSAGE ")
	if n := strings.Count(list.out, "\n"); n != 20 {
		t.Errorf("the list has %d lines, not a head and 19", n)
	}
	for _, m := range phone.Messages() {
		one := w.plain("explain", "phone-error", m.Text, "-o", "json")
		var got struct{ Message, Cause, Remedy string }
		if err := json.Unmarshal([]byte(one.out), &got); err != nil || got.Message != m.Text || got.Cause != m.Cause || got.Remedy != m.Remedy {
			t.Errorf("%s: %v, %+v", m.Text, err, got)
		}
		if !strings.Contains(list.out, m.Text) {
			t.Errorf("the list lacks %s", m.Text)
		}
	}
	var all []struct{ Message string }
	if err := json.Unmarshal([]byte(w.plain("explain", "phone-error", "--list", "-o", "json").out), &all); err != nil || len(all) != 19 {
		t.Errorf("%v, %d messages", err, len(all))
	}
}

// What to enter in the cluster has the configured address and the phone's name.
func TestPhoneService(t *testing.T) {
	w := newWorld(t)
	of := func(base string, args ...string) result {
		w.write("phones.yaml", "phones: {base_url: \""+base+"\"}\n")
		return w.runWith("phones.yaml", append([]string{"phone", "service"}, args...)...)
	}
	w.contains(of("http://10.0.0.1:8484"), 0, "Service URL              http://10.0.0.1:8484/phone?name=#DEVICENAME#\n", "(leave it empty", "XML Service", "Standard IP Phone Service")
	w.contains(of("https://desks.example.com"), 2, "phones.base_url: is https, and deskd listens for none", "write tls: {listen:")
	for _, path := range []string{"/phone", "/phone/", "/d/"} {
		w.contains(of("http://desks.example.com:8484"+path), 2, "phones.base_url: has a path", "such as http://desks.example.com:8484")
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(of("http://desks.example.com/", "-o", "json").out), &got); err != nil {
		t.Fatal(err)
	}
	if got["service_url"] != "http://desks.example.com/phone?name=#DEVICENAME#" || got["secure_service_url"] != "" || got["service_category"] != "XML Service" {
		t.Errorf("%v", got)
	}
	if plain := of("http://10.0.0.1:8484").out; strings.Contains(plain, "Idle") {
		t.Errorf("an Idle URL that nobody wants:\n%s", plain)
	}
	w.write("phones.yaml", "phones: {base_url: \"http://10.0.0.1:8484\", networks: [10.0.0.0/16], idle_logout: {after: 20m}}\n")
	w.contains(w.runWith("phones.yaml", "phone", "service"), 0, "Idle (URL)               http://10.0.0.1:8484/phone?name=#DEVICENAME#&p=idle\n", "Idle Timer               60 seconds\n")
	const secure = "tls: {listen: 127.0.0.1:8443, cert_file: a.pem, key_file: b.pem}\nphones: {base_url: \"https://desks.example.com:8443/\", networks: [10.0.0.0/16], idle_logout: {after: 20m}, "
	w.write("phones.yaml", secure+"plain_url: \"http://desks.example.com:8484\"}\n")
	w.contains(w.runWith("phones.yaml", "phone", "service"), 0, "\nService URL              http://desks.example.com:8484/phone?name=#DEVICENAME#\n",
		"Secure-Service URL       https://desks.example.com:8443/phone?name=#DEVICENAME#\n", "Idle (URL)               http://desks.example.com:8484/phone?name=#DEVICENAME#&p=idle\n")
	w.write("phones.yaml", secure+"}\n")
	w.contains(w.runWith("phones.yaml", "phone", "service"), 0, "\nService URL              https://desks.example.com:8443/phone?name=#DEVICENAME#\n",
		"Secure-Service URL       https://desks.example.com:8443/phone?name=#DEVICENAME#\n", "Idle (URL)               https://desks.example.com:8443/phone?name=#DEVICENAME#&p=idle\n")
	w.contains(of(""), 2, "deskd: phones.base_url is not set")
	w.contains(of("desks"), 2, "phones.base_url: does not begin with http:// (expected http://HOST:PORT)")
}

// A saved list says of each desk's phone whether it is registered, and a list with a
// mistake is refused whole, with its line.
func TestCheckPhones(t *testing.T) {
	w := newWorld(t).furnish()
	list := func(lines ...string) string {
		w.write("list.xml", "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<DeviceList>\n"+strings.Join(lines, "\n")+"\n</DeviceList>\n")
		return w.path("list.xml")
	}
	file := list(
		`<Device t="35" n="sep000000000001" d="B`+"\xfc"+`ro" c="" p="Default" i="10.1.1.1" s="1"/>`,
		`<Device n="SEP000000000002" s="2"/>`, `<Device n="SEP000000000009" s="1"/>`,
	)
	got := w.run("check", "phones", file)
	w.contains(got, 1,
		"D1    SEP000000000001  registered      10.1.1.1  Büro\n", "D2    SEP000000000002  not registered  -         -\n", "D3    SEP000000000003  missing         -         -\n",
		"3 phones of desks: 1 registered, 1 not registered, 0 not found, 1 missing; the list has 1 phone that no desk has\n")
	var c struct {
		Desks []struct {
			Desk, Status, Address string
			Line                  int
		}
		Listed, Others int
	}
	if err := json.Unmarshal([]byte(w.run("check", "phones", file, "-o", "json").out), &c); err != nil || len(c.Desks) != 3 || c.Listed != 3 || c.Others != 1 ||
		c.Desks[0].Line != 3 || c.Desks[0].Address != "10.1.1.1" || c.Desks[1].Status != "not_registered" {
		t.Errorf("%v, %+v", err, c)
	}
	all := `<Device n="SEP000000000001" s="1"/><Device n="SEP000000000002" s="1"/><Device n="SEP000000000003" s="%"/>`
	w.contains(w.run("check", "phones", list(strings.Replace(all, "%", "1", 1))), 0, "3 registered")
	w.contains(w.run("check", "phones", list(strings.Replace(all, "%", "0", 1))), 1, "1 not found")
	w.contains(w.run("check", "phones", list(`<Device n="SEP1" s="1"/>`, `<Device t="35" n="SEP2" c=””/>`)), 2, "list.xml:4: the quotes are typographic")
	for number, says := range map[string]string{"1001": "too many requests at once", "1002": "too many requests one after the other"} {
		w.write("list.xml", `<?xml version="1.0"?><DeviceListError Number="`+number+`"/>`)
		w.contains(w.run("check", "phones", file), 2, "DeviceListX error "+number, says)
	}
}
