package emulator

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"deskd/emapi"
)

// What the doors turn into the failure of a connection.
var (
	errDown  = errors.New("the service is down")
	errReset = errors.New("the connection is reset")
)

// response is what goes out through the doors.
type response struct {
	status      int
	contentType string
	body        string
	damage      Action // Cut or Drip: what becomes of the body on its way
}

// job is a request on its way through the service.
type job struct {
	message
	opts    Options // in force when it came
	refusal error   // an emapi.Code found before the cluster was asked
	fault   Fault   // zero: none
	slot    bool    // it takes one of the concurrent requests
	took    time.Duration
	due     time.Time // of the effect, took after it came
}

// effect reports whether j may change a phone.
func (j job) effect() bool {
	return j.refusal == nil && j.root == "request" && j.fault.takesEffect()
}

// serve takes one request from the door to its answer. The error is errDown,
// errReset, or that of a ctx that ended first.
func (e *Emulator) serve(ctx context.Context, in incoming) (response, error) {
	j, err := e.admit(in)
	if err != nil {
		return response{}, err
	}
	if err := j.opts.sleep(ctx, j.took); err != nil {
		e.abandon(j)
		return response{}, err
	}
	body, err := e.perform(j)
	switch j.fault.Action {
	case Hang:
		<-ctx.Done()
		e.leave(j, nil, false)
		return response{}, ctx.Err()
	case Reset:
		e.leave(j, nil, false)
		return response{}, errReset
	}
	r, spoilt := j.spoil(body)
	e.leave(j, err, !spoilt)
	return r, nil
}

// admit reads the message and makes the checks that come before the cluster is
// asked, in the order of the service's logs: busy, parse, sender, application.
func (e *Emulator) admit(in incoming) (job, error) {
	now, release := e.access()
	defer release()
	if e.down {
		return job{}, errDown
	}
	m, parseErr := parse(in.text, e.opts)
	e.stats.Requests[m.counted()]++
	j := job{message: m, opts: e.opts, slot: e.opts.counts(m)}
	if most := e.opts.maxConcurrent(); j.slot && most > 0 && e.serving >= most {
		j.slot = false
		j.refusal = emapi.CodeBusy
		return j, nil
	}
	if j.slot {
		e.serving++
		e.stats.Peak = max(e.stats.Peak, e.serving)
	}
	j.refusal = e.refuse(m, parseErr, in, now)
	j.fault = e.faults.pick(m)
	if j.fault.Action != Later {
		j.took = j.fault.Delay
	}
	if j.refusal == nil {
		j.took += e.opts.Times.of(m)
	}
	if j.slot {
		j.took = e.opts.slowed(j.took, e.serving)
	}
	j.due = now.Add(j.took)
	return j, nil
}

// refuse returns the emapi.Code that keeps m from the cluster, or nil.
func (e *Emulator) refuse(m message, parseErr error, in incoming, now time.Time) error {
	o := e.opts
	switch {
	case parseErr != nil, m.root != "query" && !m.known:
		return emapi.CodeParse
	case len(o.Trusted) > 0 && !(o.trusts(in.from) && o.trustsRemote(m.remote)):
		return emapi.CodeUntrustedIP
	case len(o.Trusted) > 0 && !o.AllowProxy && (in.via || m.via):
		return emapi.CodeProxyNotAllowed
	case m.appID == "" || m.password == "":
		return emapi.CodeNoCredentials
	case o.broken(Directory):
		return emapi.CodeDirectory
	case !e.cache.right(credentials{m.appID, m.password}, o, now):
		return emapi.CodeBadCredentials
	case o.NoProxyRight:
		return emapi.CodeNoProxyRight
	case !m.known:
		return emapi.CodeUnknownQuery
	}
	return nil
}

func (o Options) trusts(sender netip.Addr) bool {
	return slices.ContainsFunc(o.Trusted, func(p netip.Prefix) bool { return p.Contains(sender) })
}

// trustsRemote judges the sender that a message names; one that cannot be read is
// not trusted.
func (o Options) trustsRemote(address string) bool {
	if address == "" {
		return true
	}
	addr, err := netip.ParseAddr(address)
	return err == nil && o.trusts(addr.Unmap().WithZone(""))
}

// perform lets j take its effect and returns the reply that is due. The error
// is the emapi.Code in the reply, nil for success.
func (e *Emulator) perform(j job) (body string, code error) {
	now, release := e.access()
	defer release()
	code, body = j.refusal, success
	switch {
	case code != nil:
	case j.opts.broken(Database):
		code = emapi.CodeDatabase
	case j.root == "query":
		body = e.behind(j.opts, now).answer(j.message, j.opts, j.fault)
	case j.effect() && j.fault.Action == Later:
		e.postpone(job{message: j.message, opts: j.opts, due: now.Add(j.fault.Delay)}, now)
	case j.effect():
		code = e.apply(j, now)
	}
	if j.fault.Action == Refuse {
		code = j.fault.Code
	}
	var refused emapi.Code
	if errors.As(code, &refused) {
		body = failure(refused, j.opts, j.message)
	}
	return body, code
}

// apply changes the cluster. The error is an emapi.Code.
func (e *Emulator) apply(j job, now time.Time) error {
	if j.opts.broken(Database) {
		return emapi.CodeDatabase
	}
	switch j.op {
	case "login":
		a := attempt{device: j.devices[0], user: j.users[0], profile: j.profile, until: j.opts.until(j.message, now), by: ByAPI}
		return e.cluster.login(a, j.opts, now)
	case "logout":
		return e.cluster.logout(j.devices[0], ByAPI, j.opts, now)
	case "logoutAll":
		e.cluster.endAll(ByAPI, now)
	}
	return nil
}

// leave ends j with the answer that was given.
func (e *Emulator) leave(j job, code error, answered bool) {
	_, release := e.access()
	defer release()
	if j.slot {
		e.serving--
	}
	var refused emapi.Code
	switch {
	case !answered:
		e.stats.Spoilt++
	case errors.As(code, &refused):
		e.stats.Codes[refused]++
	default:
		e.stats.OK++
	}
}

// abandon is called when the client went away before j was due. The service
// does not notice: it goes on to the end and keeps its slot until then.
func (e *Emulator) abandon(j job) {
	now, release := e.access()
	defer release()
	e.stats.Spoilt++
	e.postpone(j, now)
}

// postpone lets j take its effect when it is due, or now if that is later: the
// log is already past it then.
func (e *Emulator) postpone(j job, now time.Time) {
	if j.due.Before(now) {
		j.due = now
	}
	behind := func(o job) bool { return o.due.After(j.due) }
	at := slices.IndexFunc(e.late, behind)
	if at < 0 {
		at = len(e.late)
	}
	e.late = slices.Insert(e.late, at, j)
}

// settle brings the cluster to the instant now: requests that clients left behind
// take effect and durations run out, each at its own time.
func (e *Emulator) settle(now time.Time) {
	if !e.downUntil.IsZero() && !now.Before(e.downUntil) {
		e.down, e.downUntil = false, time.Time{}
	}
	for len(e.late) > 0 && !e.late[0].due.After(now) {
		j := e.late[0]
		e.late = e.late[1:]
		if j.slot {
			e.serving--
		}
		e.cluster.expire(j.due)
		if j.effect() {
			_ = e.apply(j, j.due) // no client is left to be told
		}
	}
	e.cluster.expire(now)
}
