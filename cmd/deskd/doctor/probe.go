package doctor

import (
	"context"
	"deskd/scheduler/clock"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/configs"
	"deskd/emapi"
	"deskd/reservations"
	"deskd/scheduler/plan"
)

// ProbeOptions are what is measured: a session of so many units on a desk's phone, for a
// person, which is watched for so long.
type ProbeOptions struct {
	Desk, Person string
	Units        int
	Timeout      time.Duration
}

// journal is where the probe's login and logout are written down, as those of a round.
type journal interface {
	Begin(ctx context.Context, a plan.Attempt) (plan.Attempt, error)
	Finish(ctx context.Context, a plan.Attempt, seen ...plan.Observation) error
	See(ctx context.Context, seen []plan.Observation) error
}

// Probe measures how long a session lasts.
type Probe struct {
	parts   *daemon.Parts
	client  *emapi.Client
	journal journal
	clock   clock.Clock
	tell    io.Writer // progress, for people
	cluster configs.Cluster
	login   plan.Login
	units   int
	timeout time.Duration
	late    bool // the login was not answered, and may yet take effect
}

// NewProbe makes ready what the flags ask for, and refuses what would disturb a
// person or a booking.
func NewProbe(ctx context.Context, a *daemon.Parts, o ProbeOptions, tell io.Writer) (*Probe, error) {
	d, err := a.Store.Desk(ctx, o.Desk)
	if err != nil {
		return nil, err
	}
	who, err := a.Store.Person(ctx, o.Person)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(a.Config.Clusters, func(c configs.Cluster) bool { return c.Name == d.Cluster })
	if i < 0 {
		return nil, daemon.ConfigErrorf("desk %q: its cluster %q is not in the configuration (key clusters)", d.ID, d.Cluster)
	}
	now := a.Clock.Now()
	span := reservations.Span{Start: now, End: now.Add(o.Timeout + time.Duration(a.Config.Policy.Lead))}
	booked, err := a.Store.Reservations(ctx, span)
	if err != nil {
		return nil, err
	}
	for _, r := range booked {
		if r.Desk == d.ID {
			return nil, fmt.Errorf("desk %s is booked at %s: take another desk, or another time", d.ID, console.ShortTime(r.Start, a.View.Zone(d.Site), now))
		}
	}
	client, err := probeClient(ctx, a, a.Config.Clusters[i])
	return &Probe{
		parts:  a,
		client: client, journal: a.Store, clock: a.Clock, tell: tell, cluster: a.Config.Clusters[i], units: o.Units, timeout: o.Timeout,
		login: plan.Login{Desk: d.ID, Device: d.Device, Person: who.ID, Profile: who.Profile},
	}, err
}

// probeClient connects to a cluster that is not known to refuse these keys.
func probeClient(ctx context.Context, a *daemon.Parts, c configs.Cluster) (*emapi.Client, error) {
	keys, err := daemon.CredentialsOf(c)
	if err != nil {
		return nil, err
	}
	s, err := a.Store.ClusterState(ctx, c.Name)
	if err != nil {
		return nil, err
	}
	if now := a.Clock.Now(); s.Open() && s.Until(now).After(now) {
		same, err := keys.Were(s)
		if err != nil {
			return nil, err
		}
		if same {
			return nil, fmt.Errorf("cluster %q refuses deskd: %s", c.Name, s.Problem)
		}
	}
	return keys.Client(a.Transport)
}

// Run logs in, watches and cleans up, whatever happens.
func (p *Probe) Run(ctx context.Context) (m Measurement, err error) {
	if err := p.free(ctx); err != nil {
		return m, err
	}
	began := p.clock.Now()
	p.login.From, p.login.Until, p.login.Through = began, began.Add(p.timeout), began.Add(p.timeout)
	// The intent is on disk before the login: a daemon that is started after a
	// crash finds a session of deskd's own, and ends it.
	a, err := p.journal.Begin(ctx, p.attempt(plan.OpLogin))
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, p.cleanUp(context.WithoutCancel(ctx))) }()
	console.Say(p.tell, "logging %s in on %s (desk %s) for %d units\n", p.login.Person, p.login.Device, p.login.Desk, p.units)
	// Ctrl-C does not call a login back that is on its way: only after its answer
	// can the session be ended.
	err = p.client.Login(context.WithoutCancel(ctx), emapi.LoginRequest{
		Device: p.login.Device, User: p.login.Person, Profile: p.login.Profile, Exclusive: emapi.Exclusive(p.units),
	})
	p.late = errors.Is(err, emapi.ErrUnknownOutcome)
	if err := errors.Join(err, p.record(ctx, a, err)); err != nil {
		return m, fmt.Errorf("%w; deskd doctor says more", err)
	}
	return p.watch(ctx, p.clock.Now())
}

// record closes an attempt that was answered with answer. A login of unknown
// outcome stays open until the daemon asks for it.
func (p *Probe) record(ctx context.Context, a plan.Attempt, answer error) error {
	a.Ended = p.clock.Now()
	have := plan.Observation{Device: p.login.Device, Exists: true, Known: true, Since: a.Ended, At: a.Ended}
	var code emapi.Code
	switch {
	case answer == nil:
		a.Outcome = plan.Done
		if a.Op == plan.OpLogin {
			have.Person, have.Ours = p.login.Person, true
		}
	case errors.As(answer, &code):
		a.Outcome, a.Code, a.Error = plan.Refused, int(code), answer.Error()
	case errors.Is(answer, emapi.ErrNotSent), errors.Is(answer, emapi.ErrUnsendable):
		a.Outcome, a.Error = plan.NotSent, answer.Error()
	default:
		a.Outcome, a.Error = plan.Unknown, answer.Error()
	}
	if answer != nil {
		return p.journal.Finish(context.WithoutCancel(ctx), a)
	}
	return p.journal.Finish(context.WithoutCancel(ctx), a, have)
}

func (p *Probe) attempt(op plan.Op) plan.Attempt {
	return plan.Attempt{
		Cluster: p.cluster.Name, Outcome: plan.Open, Began: p.clock.Now(),
		Step: plan.Step{Op: op, Login: p.login, Cause: plan.CauseProbe, Why: "deskd probe-duration measures the unit of exclusiveDuration"},
	}
}

// free refuses a phone that is in use, and a person who is.
func (p *Probe) free(ctx context.Context) error {
	state, who, err := p.look(ctx)
	switch {
	case err != nil:
		return err
	case state == emapi.NoSuchDevice:
		return fmt.Errorf("the phone system does not know %s: correct the desk's device name", p.login.Device)
	case state == emapi.Unknown:
		return fmt.Errorf("the phone system says nothing about %s: try again", p.login.Device)
	case state != emapi.Free:
		return fmt.Errorf("%s is on the phone of desk %s: take a free one", who, p.login.Desk)
	}
	on, err := p.client.UserDevices(ctx, []string{p.login.Person})
	switch {
	case err != nil:
		return err
	case len(on) != 1 || !on[0].Known:
		return fmt.Errorf("the phone system does not say where %s is logged in: try again", p.login.Person)
	case !on[0].Exists:
		return fmt.Errorf("the phone system does not know the user %s", p.login.Person)
	case len(on[0].Devices) > 0:
		return fmt.Errorf("%s is logged in on %s: log out there first, or take another person", p.login.Person, on[0].Devices[0])
	}
	return nil
}

// look asks who is on the phone.
func (p *Probe) look(ctx context.Context) (emapi.State, string, error) {
	answers, err := p.client.DeviceUsers(ctx, []string{p.login.Device})
	if err != nil || len(answers) != 1 {
		return emapi.Unknown, "", err
	}
	return answers[0].State, answers[0].User, nil
}

// How often the phone is looked at, and how often that is told.
const (
	probeEvery = time.Second
	tellEvery  = 10 * time.Second
)

// watch looks at the phone until the session is gone, or past every unit.
func (p *Probe) watch(ctx context.Context, began time.Time) (Measurement, error) {
	m := Measurement{Cluster: p.cluster.Name, Units: p.units, Configured: p.cluster.ExclusiveDuration.Unit}
	var told time.Duration
	for p.clock.Now().Sub(began) < p.timeout {
		if err := p.clock.Sleep(ctx, probeEvery); err != nil {
			return m, fmt.Errorf("measure: stopped before the session ended: %w", err)
		}
		state, who, err := p.look(ctx)
		lasted := p.clock.Now().Sub(began)
		switch {
		case daemon.RefusedPassword(err) != nil:
			return m, err // a look every second would lock the account
		case err != nil || state == emapi.Unknown:
			console.Say(p.tell, "%5.0f s  no answer about the phone: %v\n", lasted.Seconds(), err)
		case state == emapi.Occupied && reservations.SamePerson(who, p.login.Person):
			m.Seen = lasted
		default:
			m.Gone = lasted
			console.Say(p.tell, "%5.0f s  %s is logged out\n", lasted.Seconds(), p.login.Person)
			return m.judge(), nil
		}
		if lasted-told >= tellEvery {
			told = lasted
			console.Say(p.tell, "%5.0f s  %s is logged in\n", lasted.Seconds(), p.login.Person)
		}
	}
	return m.judge(), nil
}

// How long is tried to end the session, and how often.
const (
	cleanUpWithin = 30 * time.Second
	cleanUpEvery  = 2 * time.Second
)

// cleanUp ends the session if it is still there, and nobody else's. What is not
// answered is tried again; where no answer comes it says what stays, and how it ends.
func (p *Probe) cleanUp(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, cleanUpWithin)
	defer stop()
	for {
		gone, err := p.endSession(ctx)
		if gone && !p.late {
			return err
		}
		code, refused := errors.AsType[emapi.Code](err)
		if refused && code.Class() != emapi.Busy || p.clock.Sleep(ctx, cleanUpEvery) != nil {
			return p.stays(err)
		}
	}
}

// endSession looks at the phone, ends the session if it shows there, and reports
// whether it is over.
func (p *Probe) endSession(ctx context.Context) (gone bool, err error) {
	state, who, err := p.look(ctx)
	switch {
	case err != nil:
		return false, err
	case state == emapi.Unknown:
		return false, fmt.Errorf("the phone system says nothing about %s", p.login.Device)
	case state != emapi.Occupied || !reservations.SamePerson(who, p.login.Person):
		now := p.clock.Now()
		return true, p.journal.See(ctx, []plan.Observation{{Device: p.login.Device, Person: who, Exists: state != emapi.NoSuchDevice, Known: true, Since: now, At: now}})
	}
	p.late = false                                                // what was late has come
	out, unkept := p.journal.Begin(ctx, p.attempt(plan.OpLogout)) // a journal that cannot be written leaves nobody logged in
	if err = p.client.Logout(ctx, p.login.Device); unkept == nil {
		unkept = p.record(ctx, out, err)
	}
	if err != nil {
		return false, errors.Join(err, unkept)
	}
	console.Say(p.tell, "logged %s out again\n", p.login.Person)
	return true, unkept
}

// stays says that the session may go on because of err, nil when a login whose
// answer was lost has not taken effect so far.
func (p *Probe) stays(err error) error {
	how := fmt.Sprintf("%s may still be logged in on %s (desk %s)", p.login.Person, p.login.Device, p.login.Desk)
	if err == nil {
		how = fmt.Sprintf("%s may yet appear on %s (desk %s), for the login was not answered", p.login.Person, p.login.Device, p.login.Desk)
	}
	how += fmt.Sprintf(": log out at the phone, or start deskd serve, which ends that session; by its own time it ends within %s", console.Count(p.units, "minute", "minutes"))
	if err == nil {
		return errors.New(how)
	}
	return fmt.Errorf("%s: %w", how, err)
}

// Remember writes down that the phone system refuses the password, if err says so: tries
// with a wrong one lock the account.
func (p *Probe) Remember(ctx context.Context, err error) error {
	return p.parts.RememberIn(ctx, p.parts.Store, p.cluster, daemon.RefusedPassword(err))
}
