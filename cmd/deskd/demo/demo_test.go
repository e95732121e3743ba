package demo

import (
	"net"
	"strings"
	"testing"
	"time"
)

// The beginning of the demonstration's day: every booking is served, and the
// phones themselves say so.
func TestDemo(t *testing.T) {
	page, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	served, err := Run(t.Context(), Options{Speed: 1500, Desks: Desks, For: 150 * time.Minute, Folder: t.TempDir(), Page: page}, &out)
	if err != nil || !served {
		t.Errorf("served %v, error %v", served, err)
	}
	for _, screen := range []string{"|Checked in ", "|Yours until 17:15 ", "|Ends at 09:30 ", "|missed    030 5550 142 "} {
		if !strings.Contains(out.String(), screen) {
			t.Errorf("no phone shows %q", screen)
		}
	}
	rest := out.String()
	for _, part := range []string{"login   5.15   gdubois", "login   4.01   aweber ", "|placed    4711", "The day's tally", " served, 0 not", "over HTTP     5 requests: booked, refused (taken) and given ", "extended, ended early\n", "at the phones checked in, extended, notices: ", " told, ", "lists of calls: ", "Every booking was served as the policy says."} {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("%q is missing in\n%s", part, out.String())
		}
		rest = after
	}
}

func TestOptionsOutOfBounds(t *testing.T) {
	good := Options{Speed: Speed, Desks: Desks, For: For}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Options){
		"--speed": func(o *Options) { o.Speed = 0 },
		"--desks": func(o *Options) { o.Desks = highest + 1 },
		"--for":   func(o *Options) { o.For = 25 * time.Hour },
	} {
		o := good
		change(&o)
		if err := o.Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v", want, err)
		}
	}
}
