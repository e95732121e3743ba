package observe

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"deskd/reservations"
	"deskd/scheduler/guard"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// Journal is where attempts are kept. Each call is one
// transaction that is on disk when it returns.
type Journal interface {
	// Begin records the intent of a step and returns it with its ID.
	Begin(ctx context.Context, a plan.Attempt) (plan.Attempt, error)
	// Finish records outcome, code, error, end and verification of a.ID, and
	// what is now known of the device, together.
	Finish(ctx context.Context, a plan.Attempt, seen ...plan.Observation) error
}

// Sightings is where it is kept what phones were last seen to show.
type Sightings interface {
	// See records observations, one per device; a later one replaces it.
	See(ctx context.Context, seen []plan.Observation) error
}

// Setup is what [Phones] work with. All fields are needed.
type Setup struct {
	Cluster   string
	Journal   Journal
	Sightings Sightings
	Access    *phones.Access
	Duration  phones.Duration // how the phones are asked for the length of sessions
	Policy    plan.Policy
	Log       *slog.Logger
	Attempted func(plan.Attempt) // told of every attempt that has ended; must not block
}

// Deeds are what deskd has done at the phones, as far as it still matters: the history,
// and the attempts that a look has to resolve or to prove.
type Deeds struct {
	Setup
	History  plan.History
	Newest   int64                     // attempt of the journal, whichever process has written it
	Open     map[string][]plan.Attempt // device → attempts whose outcome a look resolves
	Unproved map[string]plan.Attempt   // device → done by its answer, not yet seen
	late     map[string]plan.Attempt   // device → a login thought lost, until its session's time is over
	Proofs   plan.Proofs               // device → its last success, which an answer from the past may contradict
	met      met                       // person → devices that show them, or whose proof is of them
	vain     int                       // logins and logouts in a row that came to nothing, at any phones
}

func newDeeds(setup Setup) Deeds {
	return Deeds{
		Setup: setup, History: plan.NewHistory(nil), Open: make(map[string][]plan.Attempt),
		Unproved: make(map[string]plan.Attempt), late: make(map[string]plan.Attempt), Proofs: make(plan.Proofs), met: make(met),
	}
}

// Note takes an attempt into the history.
func (d *Deeds) Note(a plan.Attempt) {
	d.History.Note(a)
	d.Newest = max(d.Newest, a.ID)
	switch {
	case a.Op == plan.OpHold:
	case a.Outcome == plan.Done:
		d.vain = 0
	case a.Outcome == plan.Refused, a.Outcome == plan.NoEffect:
		d.vain++
	}
}

// Report logs an attempt that has ended and counts it.
func (d *Deeds) Report(a plan.Attempt) {
	d.Attempted(a)
	log := d.Log.With("attempt", a.ID, "cluster", a.Cluster, "desk", a.Desk, "phone", a.Device, "person", a.Person,
		"reservation", a.Reservation, "cause", a.Cause, "took", a.Ended.Sub(a.Began).Round(time.Millisecond))
	switch {
	case a.Outcome == plan.Done:
		log.Info(string(a.Op), "why", a.Why)
	default:
		log.Log(context.Background(), d.gravity(a), string(a.Op), "outcome", a.Outcome, "code", a.Code, "err", a.Error)
	}
}

// gravity is the level at which an attempt that came to nothing is logged: an
// error where a person has to act, said when it has not passed by itself and once
// an hour.
func (d *Deeds) gravity(a plan.Attempt) slog.Level {
	const hourly = 4 // tries, at a quarter of an hour each
	n := d.History.Failures(a.Step)
	switch {
	case a.Outcome != plan.Refused:
	case a.Class.Halts(),
		(a.Class == plan.ClassFault || a.Class == plan.ClassPolicy) && n%hourly == 2:
		return slog.LevelError
	case a.Class == plan.ClassFault && n > 1:
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

// noteProof takes in an attempt that has ended, and what it says of other devices.
func (d *Deeds) noteProof(a plan.Attempt) {
	d.Proofs.Note(a)
	d.met.note(a.Person, a.Device)
	d.endElsewhere(a)
}

// endElsewhere takes in what an attempt says of other devices than its own.
func (d *Deeds) endElsewhere(a plan.Attempt) {
	if a.Op == plan.OpLogin && a.Outcome == plan.Done && d.Policy.MultipleLogin != plan.MultipleAllowed {
		for device := range d.met.of(a.Person) {
			d.Proofs.EndElsewhere(a, device)
		}
	}
}

// noteOutrun takes in a logout that met nobody: a login that was confirmed and has
// not been seen since was not on the phone yet. It may show all the same, when the
// logout has gone by.
func (d *Deeds) noteOutrun(a plan.Attempt) {
	in, unseen := d.Unproved[a.Device]
	if unseen && a.Op == plan.OpLogout && a.Class == plan.ClassNobody && in.Op == plan.OpLogin && reservations.SamePerson(in.Person, a.Person) {
		d.late[a.Device] = in
	}
}

// Unresolved is how many attempts there are whose outcome is not known.
func (d *Deeds) Unresolved() int {
	n := 0
	for _, a := range d.Open {
		n += len(a)
	}
	return n
}

// EndsItself is when the own session seen in h ends by itself, the zero time
// for any other and where deskd does not know.
func (d *Deeds) EndsItself(h plan.Observation) time.Time {
	if !h.Ours || h.Person == "" {
		return time.Time{}
	}
	stays, began := d.History.Lasts(plan.Login{Device: h.Device, Person: h.Person})
	return d.Duration.End(stays, began)
}

// vainInARow is how many logins and logouts in a row have to come to nothing, at any phones of a
// cluster, before one at a phone is enough: what is wrong is not the phone then, and before
// each has been tried three times a wave is over.
const vainInARow = 10

// Failing are the desks at whose phones logins or logouts have come to nothing again and
// again.
func (d *Deeds) Failing(planned []plan.Step) map[string]bool {
	desks := make(map[string]bool)
	enough := guard.FailureThreshold
	if d.vain >= vainInARow {
		enough = 1
	}
	for _, s := range planned {
		if s.Op != plan.OpHold && d.History.Failures(s) >= enough {
			desks[cmp.Or(s.Desk, s.Device)] = true
		}
	}
	return desks
}
