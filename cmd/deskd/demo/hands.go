package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"deskd/cmd/emulator/house"
)

// clearing is what has a phone forget its calls.
const clearing = "Init:CallHistory"

// hands are what people do at the phones of desks, and see there.
type hands struct {
	sync.WaitGroup // of those who stand at one
	mu             sync.Mutex
	done           []string // for the tally
	wrong          []string
}

func (h *hands) does(done string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done = append(h.done, done)
}

func (h *hands) fails(wrong string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wrong = append(h.wrong, wrong)
}

// act is something to do at the key Services: the labels of softkeys, and of items their
// numbers, and what the phone shows when it is done.
type act struct {
	text string // of what happens
	keys []any
	want string
	done string
}

// mostTries is how often someone tries it, a minute apart: what a phone shows is up to a second
// old, which is a quarter of an hour where the day is fast, and links are out of date by then.
const mostTries = 45

// does has someone at the phone of a desk do one thing after the other, and draws what the phone
// shows after each. The day goes on meanwhile.
func (d *world) does(desk string, acts ...act) func(context.Context) error {
	return func(ctx context.Context) error {
		d.hands.Go(func() {
			home := d.house.Home(d.desks[desk].Device)
			for _, a := range acts {
				switch err := d.tries(ctx, home, a); {
				case err == nil:
					d.hands.does(a.done)
					d.tell.event(d.clock.Now(), a.text)
					d.tell.screen(home.Screen())
				case errors.Is(err, errDayOver):
					return
				default:
					d.tell.screen(home.Screen())
					d.hands.fails(fmt.Sprintf("the phone of %s does not show %q", desk, a.want))
					return
				}
			}
		})
		return nil
	}
}

var errDayOver, errGaveUp = errors.New("the day is over"), errors.New("nobody tries it any longer")

// tries tries an act until the phone shows that it is done.
func (d *world) tries(ctx context.Context, home *house.Home, a act) error {
	for range mostTries {
		if press(ctx, home, a.keys) && strings.Contains(home.Screen(), a.want) {
			return nil
		}
		if !d.comes(ctx, d.clock.Now().Add(time.Minute)) {
			return errDayOver
		}
	}
	return errGaveUp
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

// mostMinutes is how long someone looks at what their phone shows by itself: there is another
// notice ten minutes after the first.
const mostMinutes = 12

// isTold draws what the phone of a desk shows once deskd has had it show something.
func (d *world) isTold(desk, want string) func(context.Context) error {
	return func(ctx context.Context) error {
		d.hands.Go(func() {
			home := d.house.Home(d.desks[desk].Device)
			for range mostMinutes {
				if strings.Contains(home.Screen(), want) {
					d.tell.screen(home.Screen())
					return
				}
				if !d.comes(ctx, d.clock.Now().Add(time.Minute)) {
					return
				}
			}
			d.hands.fails(fmt.Sprintf("the phone of %s does not show %q", desk, want))
		})
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
