package main

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	inventory "deskd/phone/inventory/emulator"
)

// administered is the world with an administration of the phone system, in which the phone of the
// second desk does not let people log in.
func administered(t *testing.T) (*world, *inventory.Cluster) {
	w := newWorld(t).furnish()
	c := inventory.New("deskd", testPassword)
	c.Set([]inventory.Phone{
		{Name: "SEP000000000001", Address: "192.0.2.1", EM: true, Profile: "Lobby"},
		{Name: "SEP000000000002", Address: "192.0.2.2", Profile: "Lobby"},
		{Name: "SEP000000000003", Address: "192.0.2.3", EM: true, Status: "Rejected"},
	})
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	text, err := os.ReadFile(w.path("deskd.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("deskd.yaml", strings.Replace(string(text), "app_id: deskd", `app_id: deskd
    inventory:
      ris: {url: "`+server.URL+inventory.RIS+`", user: deskd, password_file: em-password}
      axl: {url: "`+server.URL+inventory.AXL+`", user: deskd, password_file: em-password}`, 1))
	return w, c
}

// What is wrong is told first, what is alike together, and each by itself to programs; the exit
// code says that something will not work.
func TestDoctorPhones(t *testing.T) {
	t.Parallel()
	w, c := administered(t)
	c.Offer(nil, inventory.Profile{Name: "UDP-user0001"}, inventory.Profile{Name: "UDP-user0002"}, inventory.Profile{Name: "UDP-user0003"})
	got := w.run("doctor", "phones")
	const off = "extension mobility is off: each login is refused (code 22)"
	w.contains(got, 1, "GRADE    CHECK               OF                 SAYS\n",
		"fault    extension mobility  desk D2            "+off+" -> Device > Phone > SEP000000000002, Extension Information: tick Enable Extension Mobility, then Save and Apply Config\n",
		"warning  registered          desk D3            not registered: Rejected -> ",
		"warning  logout profile      desk D3            no logout profile is set",
		"unknown  authentication      3 desks            phones.push names no user: deskd pushes nothing\n",
		"unknown  service             3 desks, 3 people  phones.base_url is not set: phones show no page of deskd's\n",
		"ok       registered          2 desks            registered\n",
		"\nReady for logins: 2 of 3 phones, 1 not; 3 of 3 people\n")
	if strings.Count(got.out, "phones.push names no user") != 2 {
		t.Error(got.out)
	}
	got = w.run("doctor", "phones", "--only-faults", "-o", "csv")
	w.expect(got, result{1, "desk,person,site,cluster,phone,check,grade,says,fix\n" +
		`D2,,berlin,main,SEP000000000002,extension mobility,fault,` + off + `,"Device > Phone > SEP000000000002, Extension Information: tick Enable Extension Mobility, then Save and Apply Config"` + "\n", ""})
	w.contains(w.run("doctor", "phones", "--desk", "D1", "-o", "json"), 0, `"phones": {
    "ready": 1,
    "not_ready": 0,
    "unknown": 0
  }`, `"desk": "D1"`, `"check": "registered"`, `"grade": "ok"`)
	w.expect(w.run("doctor", "phones", "--desk", "D1", "--only-faults"), result{0, "no such checks\n\nReady for logins: 1 of 1 phone; 0 of 0 people\n", ""})
	w.contains(w.run("doctor", "phones", "--site", "boston", "--only-faults"), 0, "Ready for logins: 1 of 1 phone; ")
	w.expect(w.run("doctor", "phones", "--desk", "D9"), result{1, "", `deskd: no such desk: "D9"; did you mean "D1"?` + "\n"})
	w.contains(w.run("doctor", "phones", "--site", "paris"), 2, `there is no site "paris"`)
}

// doctor itself has a line about it for a cluster with an inventory, from what the daemon was
// told: something that will not work is wrong, what was not told is no success.
func TestDoctorSetUp(t *testing.T) {
	t.Parallel()
	w, c := administered(t)
	const fix = "deskd doctor phones asks again, and names each with what corrects it"
	w.finds(0, "odd", "cluster main", "how phones are set up, as deskd was told last: 0 of 3 phones are ready for logins, 0 not, 3 not known; 0 faults, 3 warnings", fix)
	for n, em := range []bool{true, false, true} {
		w.exec(`INSERT INTO phones (cluster, device, address, model, source, seen_at, registered, registered_at, em, profile, told_at) VALUES
			('main', ?, ?, '', 'ris', '2026-03-02T08:00:00.000Z', 1, '2026-03-02T08:00:00.000Z', ?, 'Lobby', '2026-03-02T08:00:00.000Z')`,
			"SEP00000000000"+string(rune('1'+n)), "192.0.2."+string(rune('1'+n)), em)
	}
	w.finds(1, "wrong", "cluster main", "how phones are set up, as deskd was told last: 2 of 3 phones are ready for logins, 1 not, 0 not known; 1 fault, 0 warnings", fix)
	w.exec("UPDATE phones SET em = 1")
	w.finds(0, "ok", "cluster main", "how phones are set up, as deskd was told last: 3 of 3 phones are ready for logins, 0 not, 0 not known; 0 faults, 0 warnings", "")
	if asked := c.Asked(); len(asked) > 0 {
		t.Errorf("it has asked: %v", asked)
	}
}
