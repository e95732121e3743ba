package tables

import "testing"

func TestNearest(t *testing.T) {
	desks := []string{"4.11", "4.12", "room-12", "room-13"}
	for name, want := range map[string]string{
		"4.12": "4.12", "4.13": "4.11", "4.1": "4.11", "4.99": "", "": "",
		"ROOM-12": "room-12", "rom-12": "room-12", "moor-12": "room-12", "lobby-1": "", "Room13": "room-13",
	} {
		same(t, name, want, nearest(name, desks))
	}
}
