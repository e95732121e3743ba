package emulator

import (
	"context"
	"net/netip"
	"time"
)

// Path is where the service answers; any other path is HTTP 404.
const Path = "/emservice/EMServiceServlet"

// MultipleLogin is what happens when a user who is logged in on one device
// logs in on another.
type MultipleLogin string

// The behaviours, named as the service parameter's values.
const (
	NotAllowed MultipleLogin = "not-allowed" // refused with code 25; the default
	Allowed    MultipleLogin = "allowed"
	AutoLogout MultipleLogin = "auto-logout" // the earlier sessions end
)

// Dialect is the generation of the service whose replies are imitated.
type Dialect string

// The dialects.
const (
	Dialect12 Dialect = "12" // as logged from servers of 11.5 and 12.0; the default
	// Dialect85 follows the letter of the Developers Guide 8.5(1): no
	// emccDevice, no loginType, profile replies under "results", and three
	// requests at once unless Options say otherwise.
	Dialect85 Dialect = "8.5"
)

// Times is how long requests of each kind take to be served.
type Times struct{ Login, Logout, Query time.Duration }

// RealTimes returns what was measured on a 12.0 server.
func RealTimes() Times {
	return Times{Login: 400 * time.Millisecond, Logout: 200 * time.Millisecond, Query: 30 * time.Millisecond}
}

// Options are the knobs of an [Emulator]. The zero value of each is what the
// service does out of the box, except for AppID and Password, which requests
// must match.
type Options struct {
	AppID    string
	Password string

	// Now is the clock, nil for time.Now. It must not go backwards.
	Now func() time.Time
	// Sleep waits for d or until ctx ends, whose error it then returns; nil
	// waits in real time.
	Sleep func(ctx context.Context, d time.Duration) error

	// MaxConcurrent is the service parameter Maximum Concurrent Requests: the
	// login or logout beyond it is refused with code 26. 0 means 5, or 3 in
	// Dialect85; less than 0 means no limit. Queries do not count.
	MaxConcurrent int
	Times         Times
	MultipleLogin MultipleLogin
	// TimeUnit is what exclusiveDuration counts in; 0 means minutes.
	TimeUnit time.Duration
	// RestartTime is how long a phone takes to come back after a login or
	// logout. It shows in [Phone.Ready] and holds up nothing.
	RestartTime time.Duration
	Dialect     Dialect

	// Lenient accepts the query name userDeviceProfileQuery, which the
	// Developers Guide's sample uses; otherwise it is refused with code 8.
	Lenient bool
	// ErrorMessage makes failed queries say errorMessage, as the guide's DTD
	// does, instead of error.
	ErrorMessage bool
	// NoProxyRight takes the application user's right to act for others: code 10.
	NoProxyRight bool
	// Trusted, when not empty, turns Validate IP Address on: a sender outside
	// is refused with code 28, a request that passed a proxy with code 30.
	Trusted []netip.Prefix

	// Seed feeds the chance of faults, so that a run can be repeated.
	Seed uint64
}

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now().UTC()
	}
	return o.Now()
}

func (o Options) sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	if o.Sleep != nil {
		return o.Sleep(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (o Options) maxConcurrent() int {
	switch {
	case o.MaxConcurrent != 0:
		return o.MaxConcurrent
	case o.Dialect == Dialect85:
		return 3
	}
	return 5
}

func (o Options) timeUnit() time.Duration {
	if o.TimeUnit == 0 {
		return time.Minute
	}
	return o.TimeUnit
}

func (t Times) of(m message) time.Duration {
	switch m.op {
	case "login":
		return t.Login
	case "logout", "logoutAll":
		return t.Logout
	}
	return t.Query
}
