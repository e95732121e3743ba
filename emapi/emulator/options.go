package emulator

import (
	"context"
	"math"
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

// EndRule says which of two ends a session gets when a login asks for an
// exclusiveDuration and Options.MaxLoginTime is enforced as well. No document
// tells what the service does.
type EndRule string

// The rules. An indefinite exclusiveDuration is longer than any maximum; a login
// without exclusiveDuration gets the maximum by every rule.
const (
	ShorterWins   EndRule = "shorter" // the earlier end; the default
	ExclusiveWins EndRule = "exclusive"
	MaximumWins   EndRule = "maximum"
)

// Dialect is the generation of the service that the replies imitate.
type Dialect string

// The dialects.
const (
	Dialect12 Dialect = "12" // as logged from servers of 11.5 and 12.0; the default
	// Dialect85 follows the letter of the Developers Guide 8.5(1): no
	// emccDevice, no loginType, profile replies as its sample has them (under
	// "results", names alone), and three requests at once unless Options say
	// otherwise.
	Dialect85 Dialect = "8.5"
)

// Charset is the encoding of replies.
type Charset string

// The encodings. UTF8 is named in no declaration, as it needs none; Latin1 is
// named in the declaration of every reply, and characters outside it are written
// as references.
const (
	UTF8   Charset = "utf-8" // the default
	Latin1 Charset = "iso-8859-1"
)

// Times is how long requests of each kind take to be served.
type Times struct{ Login, Logout, Query time.Duration }

// RealTimes returns what was measured on a 12.0 server.
func RealTimes() Times {
	return Times{Login: 400 * time.Millisecond, Logout: 200 * time.Millisecond, Query: 30 * time.Millisecond}
}

// Restarts is how long a phone takes to come back after its user changed.
type Restarts struct{ Login, Logout time.Duration }

// RealRestarts returns what was observed of phones on a 12.0 cluster.
func RealRestarts() Restarts {
	return Restarts{Login: 16 * time.Second, Logout: 12 * time.Second}
}

// Options are the knobs of an [Emulator]. The zero value of each is what the
// service does by default, except for AppID and Password, which requests
// must match, and for Times and Restart, which are real with [RealTimes] and
// [RealRestarts]. Each but Now and Sleep has a name by which [Emulator.Set], the
// admin port and the flags of cmd/emulator know it; see [Knobs].
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
	// Dialect85; less than 0 means no limit.
	MaxConcurrent int
	// CountQueries makes queries take one of the concurrent requests too.
	CountQueries  bool
	MultipleLogin MultipleLogin
	// MaxLoginTime is the service parameter Intra-cluster Maximum Login Time,
	// enforced when more than 0 on sessions that begin meanwhile, at a phone or
	// by a login. EndRule tells whether a login may ask for a longer one.
	MaxLoginTime time.Duration
	EndRule      EndRule
	// TimeUnit is what exclusiveDuration counts in; 0 means minutes.
	TimeUnit time.Duration
	// ForgetLastUser turns the service parameter Remember the Last User Logged
	// In off: neither a phone's state nor a reply tells of earlier users.
	ForgetLastUser bool

	// Lag lets queries be answered from the sessions of that long ago, as by a node
	// that replication has not reached: every one, or with LagEvery the n-th of
	// every n. Logins and logouts always meet the cluster of now.
	Lag      time.Duration
	LagEvery int

	// Times is how long requests take; 0 for a kind is no time at all.
	Times Times
	// KeysTime is how long the request that a phone makes for its keys holds one of the
	// concurrent requests; its effect is there at once. 0 is no time at all.
	KeysTime time.Duration
	// SlowFrom makes logins and logouts take longer when they meet more than so many
	// concurrent requests, themselves included: in proportion to how many there are. 0
	// means that they never do.
	SlowFrom int
	// Restart is how long a phone is away after a login or logout. It shows in
	// [Phone.Ready], and the phone's keys do nothing meanwhile; the service does
	// not wait for phones.
	Restart Restarts

	// NoProxyRight takes the application user's right to act for others: code 10.
	NoProxyRight bool
	// CredentialCache is for how long an application user and password that
	// were found right stay right, counted from when they were compared with
	// those in force and not prolonged by use. 0 means two minutes, less than 0
	// no cache.
	CredentialCache time.Duration
	// CacheRefusals keeps what was found wrong in the cache as well.
	CacheRefusals bool
	// Trusted, when not empty, turns Validate IP Address on: a sender outside
	// is refused with code 28, also one that a request names as remoteIPAddr, and
	// a request that passed a proxy with code 30 unless AllowProxy is set.
	Trusted    []netip.Prefix
	AllowProxy bool

	Dialect Dialect
	// Lenient accepts the query name userDeviceProfileQuery, which the
	// Developers Guide's sample uses; otherwise it is refused with code 8.
	Lenient bool
	// ErrorMessage makes failed queries say errorMessage, as the guide's DTD
	// does, instead of error.
	ErrorMessage bool
	// CheckUserFailure makes checkUser answer for an unknown user with a failure
	// of code 23, as deviceProfileQuery does, instead of doesNotExist.
	CheckUserFailure bool
	// ContentType is that of replies, without the charset, which is added when
	// it is not UTF8; empty means text/xml.
	ContentType string
	Charset     Charset

	// Texts says which words refusals use; by default the guide's.
	Texts Texts
	// Broken are the parts of the phone system that do not work.
	Broken []Part

	// Certificate is what doors with TLS show to clients.
	Certificate Certificate

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

// counts reports whether m takes one of the service's concurrent requests. One
// that could not be read does.
func (o Options) counts(m message) bool { return m.root != "query" || o.CountQueries }

func (o Options) credentialCache() time.Duration {
	if o.CredentialCache == 0 {
		return 2 * time.Minute
	}
	return o.CredentialCache
}

func (o Options) contentType() string {
	t := o.ContentType
	if t == "" {
		t = "text/xml"
	}
	if o.Charset == Latin1 {
		t += "; charset=" + string(Latin1)
	}
	return t
}

// until returns when a session that m began at now ends, zero for never.
func (o Options) until(m message, now time.Time) time.Time {
	var asked time.Time
	if m.units > 0 {
		asked = now.Add(o.duration(m.units))
	}
	if o.MaxLoginTime <= 0 {
		return asked
	}
	most := now.Add(o.MaxLoginTime)
	switch {
	case m.units == 0 && !m.indefinite, o.EndRule == MaximumWins:
		return most
	case o.EndRule == ExclusiveWins:
		return asked
	case asked.IsZero() || most.Before(asked):
		return most
	}
	return asked
}

// duration is that of so many units, or the longest there is.
func (o Options) duration(units int) time.Duration {
	unit := o.TimeUnit
	if unit == 0 {
		unit = time.Minute
	}
	if time.Duration(units) > math.MaxInt64/unit {
		return math.MaxInt64
	}
	return time.Duration(units) * unit
}

// slowed is took, of a request that is one of so many.
func (o Options) slowed(took time.Duration, serving int) time.Duration {
	if o.SlowFrom <= 0 || serving <= o.SlowFrom {
		return took
	}
	return took * time.Duration(serving) / time.Duration(o.SlowFrom)
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
