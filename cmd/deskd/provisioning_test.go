package main

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	inventory "deskd/phone/inventory/emulator"
)

// The provisioning doctor says of each desk and person what keeps a login from working and how
// it is corrected, and of what nobody has told that it is unknown.
func TestProvisioning(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	got := w.run("doctor", "--provisioning")
	w.contains(got, 0, "unknown  desk D1", "extension mobility: only AXL tells -> configure clusters[].inventory.axl",
		"device               0   0    0      3\n", "profile              0   0    0      3\n", "name at the address  0   0    0      3\n")

	cluster := inventory.New("deskd", testPassword)
	cluster.Set([]inventory.Phone{
		{Name: "SEP000000000001", Model: "Cisco 8845", EM: true, Profile: "Lobby", Services: []string{"http://desks/phone?name=#DEVICENAME#"}},
		{Name: "SEP000000000002", Model: "Cisco 7841", Authentication: "http://elsewhere"},
	}, inventory.User{ID: "user0001", Profiles: []string{"UDP_1"}}, inventory.User{ID: "user0002"}, inventory.User{ID: "pusher", Devices: []string{"SEP000000000001"}})
	server := httptest.NewServer(cluster)
	t.Cleanup(server.Close)
	text, err := os.ReadFile(w.path("deskd.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("asked.yaml", strings.Replace(string(text), "app_id: deskd", `app_id: deskd
    inventory: {axl: {url: "`+server.URL+inventory.AXL+`", user: deskd, password_file: em-password}}`, 1)+"phones: {base_url: \"http://desks\", networks: [10.0.0.0/8]}\n")
	w.write("phones.csv", "device,address\nSEP000000000002,192.168.1.1\n")
	w.contains(w.run("import", "phones", w.path("phones.csv")), 0, "1 added")
	got = w.runWith("asked.yaml", "doctor", "--provisioning", "--push-user", "pusher", "-o", "csv")
	for _, want := range []string{
		"grade,kind,of,check,says,fix\n",
		"ok,desk,D1,extension mobility,extension mobility is on,\n", "wrong,desk,D2,extension mobility,extension mobility is off: each login is refused with code 22,",
		"ok,desk,D1,logout profile,", "odd,desk,D2,logout profile,", "ok,desk,D1,authentication url,", "odd,desk,D2,authentication url,\"the phone has an authentication URL of its own, http://elsewhere",
		"ok,desk,D1,controlled devices,", "wrong,desk,D2,controlled devices,", "ok,desk,D1,service,the phone is subscribed to http://desks/phone,", "odd,desk,D2,service,",
		"wrong,desk,D3,device,the phone system does not know SEP000000000003,", "unknown,desk,D1,device,", "unknown,desk,D1,web access,", "wrong,desk,D2,address,192.168.1.1 is in none of phones.networks",
		"ok,person,user0001,profile,logins go with the user's only profile UDP_1,", "wrong,person,user0002,profile,", "wrong,person,user0003,profile,the phone system does not know this user,",
	} {
		w.contains(got, 1, want)
	}
	w.contains(w.runWith("asked.yaml", "doctor", "--provisioning"), 1, "wrong    person user0003", "extension mobility   1   0    1      1\n")
	w.contains(w.runWith("asked.yaml", "doctor", "--provisioning", "-o", "json"), 1, `"grade": "unknown"`, `"check": "extension mobility"`)

	cluster.Fail(inventory.Faults{Status: 401})
	asked := len(cluster.Asked())
	got = w.runWith("asked.yaml", "doctor", "--provisioning")
	w.contains(got, 1, "AXL does not answer: listPhone: it answers with status 401 (check user and password", "profile              0   0    0      3\n")
	if len(cluster.Asked()) > asked {
		t.Errorf("asked on: %v", cluster.Asked()[asked:])
	}
	w.contains(w.run("doctor", "--push-user", "x"), 2, "--push-user is for --provisioning")
}
