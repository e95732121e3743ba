package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	inventory "deskd/phone/inventory/emulator"
	"deskd/store"
	"deskd/store/phones"
)

// Where phones are is imported and corrected by importing again: a column that is missing
// stays, an empty cell clears, and what no desk has is told and not kept.
func TestImportPhones(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	file := w.path("phones.csv")
	w.contains(w.run("list", "phones"), 0, "DESK  PHONE            ADDRESS  AGE", "D1    SEP000000000001  -        -    -       -      -           -   -        -           -\n")
	w.write("phones.csv", "Device;address;model;cluster\nsep000000000001;10.1.1.1;Cisco 8845;main\n00-00-00-00-00-02;2001:DB8::1;;\nSEP000000000003;10.1.1.1;;\n"+
		"SEP000000000003;10.1.1.300;;\nSEP000000000003;224.0.0.1;;\nSEP000000000009;10.1.1.9;;\nSEP000000000003;;;second\nSEP000000000001;;;\nSEP000000000008;;;\n;10.1.1.4;;\n")
	complaints := `DIR/phones.csv:4: phone "SEP000000000003": its address 10.1.1.1 is that of line 2, too
DIR/phones.csv:5: phone "SEP000000000003": address "10.1.1.300": expected one like 10.1.2.3 or 2001:db8::1
DIR/phones.csv:6: phone "SEP000000000003": 224.0.0.1 is no address of a phone
DIR/phones.csv:8: phone "SEP000000000003": it is that of desk D3, in cluster "main", not "second"
DIR/phones.csv:9: phone "SEP000000000001": it is on line 2, too
DIR/phones.csv:11: a line without device
DIR/phones.csv:7: warning: no desk has this phone: it is not kept (2 lines: 7, 10)
`
	w.expect(w.run("import", "phones", file, "--dry-run"), result{1, `SEP000000000001: new, address 10.1.1.1, model Cisco 8845
SEP000000000002: new, address 2001:db8::1
phones would be imported: 2 added, 0 updated, 0 unchanged, 6 left out
`, complaints})
	w.contains(w.run("list", "phones", "-o", "csv"), 0, "D1,main,SEP000000000001,,,,,,,,,,,,\n")
	w.expect(w.run("import", "phones", file), result{1, "phones imported: 2 added, 0 updated, 0 unchanged, 6 left out\n", complaints})
	w.expect(w.run("import", "phones", file), result{1, "phones imported: 0 added, 0 updated, 2 unchanged, 6 left out\n", complaints})
	got := w.run("list", "phones")
	w.contains(got, 0, "D1    SEP000000000001  10.1.1.1     ", "  csv     Cisco 8845  -           -   -        -           -\n", "D2    SEP000000000002  2001:db8::1")
	if !strings.Contains(got.out[strings.LastIndex(strings.TrimSpace(got.out), "\n"):], "D3 ") {
		t.Errorf("the desk without a known phone is not last:\n%s", got.out)
	}
	w.contains(w.run("list", "phones", "--desk", "D1", "-o", "json"), 0, `"desk": "D1"`, `"known": true`, `"address": "10.1.1.1"`, `"source": "csv"`, `"age_seconds": 0`)

	w.write("phones.csv", "device\taddress\nSEP000000000003\t10.1.1.1\nSEP000000000002\t\n")
	w.expect(w.run("import", "phones", file, "--dry-run"), result{0, `SEP000000000001: address 10.1.1.1 -> (empty)
SEP000000000003: new, address 10.1.1.1
SEP000000000002: address 2001:db8::1 -> (empty)
phones would be imported: 1 added, 1 updated, 0 unchanged, 0 left out
`, ""})
	w.expect(w.run("import", "phones", file), result{0, "phones imported: 1 added, 1 updated, 0 unchanged, 0 left out\n", ""})
	w.contains(w.run("list", "phones"), 0, "D3    SEP000000000003  10.1.1.1  ", "Cisco 8845  -           -   -        -           SEP000000000003 has been at 10.1.1.1 since\n")
	w.contains(w.run("list", "audit"), 0, "SEP000000000003", `{"is":{"cluster":"main","address":"10.1.1.1","source":"csv"}}`)

	for text, want := range map[string]string{
		"device,where\n":                `DIR/phones.csv:1: column "where" is none of device,cluster,address,model`,
		"address\n10.1.1.1\n":           `DIR/phones.csv:1: column "device" is missing`,
		"":                              "DIR/phones.csv is empty",
		"<DeviceListError n=\"1001\"/>": "DeviceListX error 1001: too many requests at once",
		"<DeviceListError n=\"1002\"/>": "DeviceListX error 1002: too many requests one after the other",
		"<?xml version=\"1.0\"?>\n<DeviceList>\n<Device t=\u201c35\u201d n=\u201cSEP000000000001\u201d/>\n</DeviceList>\n": `DIR/phones.csv:3: the quotes are typographic and have to be "straight"`,
	} {
		w.write("phones.csv", text)
		w.contains(w.run("import", "phones", file), 2, want)
	}
}

// A saved report tells what was so when it was saved, and no address of a phone that was not
// registered.
func TestImportDeviceList(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	file := w.path("list.xml")
	w.write("list.xml", `<?xml version="1.0" encoding="iso-8859-1"?>
<DeviceList>
<Device t="35" n="SEP000000000001" d="B`+"\xfc"+`ro" i="10.1.1.1" s="1"/>
<Device n="SEP000000000002" i="10.1.1.2" s="2"/>
<Device n="SEP000000000003" i="10.1.1.3" s="0"/>
<Device n="SEP000000000009" i="10.1.1.9" s="1"/>
</DeviceList>
`)
	w.write("empty.xml", "\n")
	w.contains(w.run("import", "phones", w.path("empty.xml")), 2, "the report has no devices")
	saved := time.Now().Add(-50 * time.Hour)
	if err := os.Chtimes(file, saved, saved); err != nil {
		t.Fatal(err)
	}
	w.expect(w.run("import", "phones", file), result{0, "phones imported: 3 added, 0 updated, 0 unchanged, 0 left out\n", "DIR/list.xml:6: warning: phone \"SEP000000000009\": no desk has this phone: it is not kept\n"})
	w.contains(w.run("list", "phones"), 0, "D1    SEP000000000001  10.1.1.1  2d   devicelist  -      yes ", "D2    SEP000000000002  -         -    -           -      no  ", "D3    SEP000000000003  -         -    -           -      -   ")

	w.write("phones.csv", "device,address\nSEP000000000001,10.1.1.7\n")
	w.contains(w.run("import", "phones", w.path("phones.csv")), 0, "1 updated")
	w.contains(w.run("import", "phones", file), 0, "0 added, 0 updated, 3 unchanged")
	w.contains(w.run("list", "phones"), 0, "D1    SEP000000000001  10.1.1.7  ")
}

// A daemon asks the cluster's services beside its rounds; what they say is listed, and that one
// of them does not answer.
func TestPhonesAreAsked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, dir)
		h.services.Set([]inventory.Phone{{Name: "SEP000000000001", Address: "10.1.1.1", Model: "Cisco 8845", EM: true, Profile: "Lobby"}})
		const service = `url: "https://services:8443%s", user: deskd, password_file: em-password`
		h.write("deskd.yaml", h.configured("inventory: {ris: {"+fmt.Sprintf(service, inventory.RIS)+"}, axl: {"+fmt.Sprintf(service, inventory.AXL)+"}}"))
		h.start()
		defer h.stop()
		time.Sleep(time.Minute)
		var all []phones.Phone
		h.as(func(ctx context.Context, st *store.Store) (err error) {
			all, err = st.Phones().All(ctx, "main")
			return err
		})
		if len(all) != houseDesks || all[0].Address.String() != "10.1.1.1" || all[0].Model != "Cisco 8845" || !*all[0].EM || *all[1].Registered {
			t.Errorf("%+v", all)
		}
		var told string
		h.as(func(ctx context.Context, st *store.Store) error {
			duties, err := st.Nodes().Duties(ctx)
			for _, d := range duties {
				told += d.Name + " " + d.Told
			}
			return err
		})
		if !strings.HasPrefix(told, `inventory main {"axl":{"asked":"`) || !strings.Contains(told, `"phones":6}`) || strings.Contains(told, "problem") {
			t.Error(told)
		}
	})
}

// A service that does not answer is said once under the list, and with each phone for programs.
func TestListPhonesUnanswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	text, err := os.ReadFile(w.path("deskd.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("asked.yaml", strings.Replace(string(text), "app_id: deskd", `app_id: deskd
    inventory: {axl: {url: "https://cucm/axl/", user: deskd, password_file: em-password}}`, 1))
	w.exec(`INSERT INTO duties (name, node, since_at, told, told_at) VALUES ('inventory main', 'n', '2026-03-02T08:00:00.000Z',
		'{"axl":{"asked":"2026-03-02T08:00:00Z","since":"2026-03-02T08:00:00Z","problem":"listPhone: it answers with status 401"},"ris":{"problem":"of long ago"}}', '2026-03-02T08:00:00.000Z')`)
	got := w.runWith("asked.yaml", "list", "phones")
	w.contains(got, 0, "\nCluster main: AXL has not answered since 2026-03-02 09:00: listPhone: it answers with status 401\n")
	if strings.Count(got.out, "401") != 1 || strings.Contains(got.out, "long ago") {
		t.Error(got.out)
	}
	w.contains(w.runWith("asked.yaml", "list", "phones", "-o", "csv"), 0, "AXL has not answered since 2026-03-02T09:00:00+01:00: listPhone: it answers with status 401\n")
	w.contains(w.runWith("asked.yaml", "list", "phones", "-o", "json"), 0, `"unanswered": "AXL has not answered`)
}

// An address in none of the networks is listed as such, for deskd has no use for it.
func TestListPhonesOutside(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	text, err := os.ReadFile(w.path("deskd.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("deskd.yaml", string(text)+"phones: {base_url: \"http://10.0.0.1:8484\", networks: [10.1.0.0/16]}\n")
	w.write("phones.csv", "device,address\nSEP000000000001,10.1.1.1\nSEP000000000002,10.2.1.1\n")
	w.contains(w.run("import", "phones", w.path("phones.csv")), 0, "2 added")
	got := w.run("list", "phones")
	w.contains(got, 0, "outside phones.networks: deskd neither answers nor tells it anything\n")
	if strings.Count(got.out, "outside") != 1 {
		t.Error(got.out)
	}
}
