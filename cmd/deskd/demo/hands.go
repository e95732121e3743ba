package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"deskd/cmd/emulator/house"
)

// clearing is what has a phone forget its calls.
const clearing = "Init:CallHistory"

// hands are what people do at the phones of desks, and see there.
type hands struct {
	done  []string // for the tally
	wrong []string
}

// act is something to do at the key Services: the labels of softkeys, and of items their
// numbers, and what the phone shows when it is done.
type act struct {
	keys []any
	want string
	done string
}

// mostTries is how often someone tries it: minutes pass between two keys where the day is
// fast and the machine busy, and links are out of date then.
const mostTries = 20

// does has someone at the phone of a desk do that, and draws what the phone shows then.
func (d *world) does(desk string, a act) func(context.Context) error {
	return func(ctx context.Context) error {
		home := d.house.Home(d.desks[desk].Device)
		for try := range mostTries {
			if try > 0 && !d.comes(ctx, d.clock.Now().Add(10*time.Second)) {
				return nil // the day is over
			}
			if press(ctx, home, a.keys) && strings.Contains(home.Screen(), a.want) {
				d.hands.done = append(d.hands.done, a.done)
				d.tell.screen(home.Screen())
				return nil
			}
		}
		d.tell.screen(home.Screen())
		d.hands.wrong = append(d.hands.wrong, fmt.Sprintf("the phone of %s does not show %q", desk, a.want))
		return nil
	}
}

// press presses the keys one after the other, and reports whether each was there.
func press(ctx context.Context, home *house.Home, keys []any) bool {
	home.Services()
	if home.Choose(ctx, 1) != nil {
		return false
	}
	for _, key := range keys {
		var err error
		switch key := key.(type) {
		case string:
			err = home.Press(ctx, key)
		case int:
			err = home.Choose(ctx, key)
		}
		if err != nil {
			return false
		}
	}
	return true
}

// calls has someone at a desk miss a call, and make one.
func (d *world) calls(desk string) func(context.Context) error {
	return func(context.Context) error {
		home := d.house.Home(d.desks[desk].Device)
		home.Miss("030 5550 142")
		home.Dial("4711")
		home.HangUp()
		d.tell.screen(home.CallScreen())
		return nil
	}
}

// looksAtCalls has someone press the key for the calls of a desk's phone.
func (d *world) looksAtCalls(desk string) func(context.Context) error {
	return func(context.Context) error {
		d.tell.screen(d.house.Home(d.desks[desk].Device).CallScreen())
		return nil
	}
}

// cleared is how many lists of calls the phones were told to forget.
func (d *world) cleared() (n int) {
	for _, home := range d.house.Homes() {
		for _, done := range home.Done() {
			if done == clearing {
				n++
			}
		}
	}
	return n
}
