package phones

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"deskd/emapi"
	"deskd/scheduler/plan"
)

// AnswerWithin is the deadline of a request: later it is not under way any more.
const AnswerWithin = emapi.DefaultTimeout

// askTogether is how many devices one question is about.
const askTogether = emapi.DefaultBatchSize

// EM drives the phones of a cluster through its Extension Mobility service. It
// is the only place that knows the wire's words; everything else speaks of
// sessions, refusals and unknown outcomes.
type EM struct {
	Client   *emapi.Client
	Duration Duration
}

// While returns a context whose requests leave only while may returns nil; see
// [emapi.While].
func While(ctx context.Context, may func() error) context.Context { return emapi.While(ctx, may) }

// Logins asks who is logged in, by deviceUserQuery. A name that no device can
// have is not asked about: the phone system cannot know it. See [System].
func (e EM) Logins(ctx context.Context, devices []string) ([]plan.Observation, error) {
	seen := make([]plan.Observation, len(devices))
	var good []string
	var at []int
	for i, device := range devices {
		seen[i] = plan.Observation{Device: device, Known: true}
		if err := e.Client.CheckDevice(device); err != nil {
			seen[i].Doubt = fmt.Sprintf("it is not asked about, because its cluster's key devices does not allow its name (%v)", err)
		} else {
			good, at = append(good, device), append(at, i)
		}
	}
	if len(good) == 0 {
		return seen, nil
	}
	answers, err := e.deviceUsers(ctx, good)
	learned := false
	for i, d := range answers {
		h := plan.Observation{Device: d.Device, Known: d.State != emapi.Unknown, Exists: d.State != emapi.NoSuchDevice, Person: d.User, Raw: d.RawUser, Visitor: d.CrossCluster}
		if d.Doubt != "" {
			h.Doubt = "the phone system's answer about it is not understood: " + d.Doubt
		}
		learned = learned || h.Known
		seen[at[i]] = h
	}
	var no *Refusal
	switch err = translate(err); {
	case err == nil, learned:
		return seen, nil
	case errors.As(err, &no) && !no.Class.Halts() && no.Class != plan.ClassBusy:
		return seen, nil // it answers, but says nothing about these
	}
	return nil, err
}

// deviceUsers asks about devices. A question about several that is refused, or whose
// answer cannot be used, is asked again in halves, so that one device the phone system
// stumbles over hides no other.
func (e EM) deviceUsers(ctx context.Context, devices []string) ([]emapi.DeviceUser, error) {
	var answers []emapi.DeviceUser
	var errs []error
	for batch := range slices.Chunk(devices, askTogether) {
		b := batchOf{EM: e}
		answer, err := b.ask(ctx, batch)
		answers = append(answers, answer...)
		if b.concernsAll(ctx, err) {
			// Alone: what was refused before it says less.
			return append(answers, unasked(devices[len(answers):])...), err
		}
		errs = append(errs, err)
	}
	return answers, errors.Join(errs...)
}

// batchOf is a question about a batch of devices, and those about parts of it.
type batchOf struct {
	EM
	well *bool // a question about no device is answered; nil until it was asked
}

func (b *batchOf) ask(ctx context.Context, devices []string) ([]emapi.DeviceUser, error) {
	answer, err := b.Client.DeviceUsers(ctx, devices)
	switch {
	case err == nil || b.concernsAll(ctx, err):
		return answer, err
	case len(devices) > 1:
		half := len(devices) / 2
		if answer, err = b.ask(ctx, devices[:half]); b.concernsAll(ctx, err) {
			return answer, err
		}
		two, err2 := b.ask(ctx, devices[half:])
		return append(answer, two...), errors.Join(err, err2)
	case garbled(err):
		answer[0].Doubt = err.Error()
		return answer, nil
	}
	return answer, err
}

// concernsAll reports whether further questions would fare no better than the one
// that ended in err. Where an answer cannot be used, one about no device at all tells.
func (b *batchOf) concernsAll(ctx context.Context, err error) bool {
	if !concernsAll(err) || !garbled(err) {
		return concernsAll(err)
	}
	if b.well == nil {
		_, other := b.Client.DeviceUsers(ctx, []string{noDevice})
		well := !concernsAll(other)
		b.well = &well
	}
	return !*b.well
}

// garbled reports whether an answer came that cannot be used. What does not come in
// time is another matter: see [hanging].
func garbled(err error) bool {
	return errors.Is(err, emapi.ErrUnknownOutcome) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
}

// concernsAll reports whether further questions would fare no better than the
// one that ended in err: no answer, a phone system that is busy, or one that
// refuses deskd and counts wrong passwords.
func concernsAll(err error) bool {
	var code emapi.Code
	if err == nil || errors.Is(err, emapi.ErrBadName) {
		return false
	}
	return !errors.As(err, &code) || code.Class() == emapi.Halt || code.Class() == emapi.Busy
}

func unasked(devices []string) []emapi.DeviceUser {
	all := make([]emapi.DeviceUser, len(devices))
	for i, device := range devices {
		all[i].Device = device
	}
	return all
}

// readings are the user ids that a reply can mean by raw.
func readings(raw string) []string { return emapi.Readings(raw) }

// spellings are the ways in which replies spell a user id: as it is, as a form
// encoder writes it, and as part of a URL.
func spellings(id string) []string {
	return []string{id, url.QueryEscape(id), url.PathEscape(id)}
}

// Where asks on which devices a person is logged in, by userDevicesQuery.
func (e EM) Where(ctx context.Context, person string) ([]string, error) {
	answers, err := e.Client.UserDevices(ctx, []string{person})
	if err != nil {
		return nil, translate(err)
	}
	if len(answers) != 1 || !answers[0].Known {
		return nil, fmt.Errorf("its answer says nothing about %q: %w", person, ErrUnknown)
	}
	return answers[0].Devices, nil
}

// Check reports why l cannot be put on the wire. The device is not looked at:
// one that cannot be named is none that the phone system knows.
func (e EM) Check(l plan.Login) error {
	return e.Client.CheckPerson(l.Person, l.Profile)
}

// Login begins a session. A refusal that does not say that nothing has happened
// leaves the outcome unknown.
func (e EM) Login(ctx context.Context, l plan.Login, now time.Time) error {
	err := e.Client.Login(ctx, emapi.LoginRequest{
		Device: l.Device, User: l.Person, Profile: l.Profile,
		Exclusive: e.Duration.Exclusive(l.SessionEnd(), now),
	})
	for _, doubtful := range [...]emapi.Code{emapi.CodeNone, emapi.CodeUnknown, emapi.CodeDatabase, emapi.CodeLogoutRequest} {
		if errors.Is(err, doubtful) {
			return classed{translate(err), []error{ErrUnknown}}
		}
	}
	return translate(err)
}

// Logout ends the session on l.Device; a device on which nobody is logged in
// is as wanted, which a [Refusal] of [plan.ClassNobody] says.
func (e EM) Logout(ctx context.Context, l plan.Login) error {
	err := e.Client.End(ctx, l.Device)
	err = translate(err)
	var no *Refusal
	if errors.As(err, &no) && emapi.Code(no.Code) == emapi.CodeNobody {
		no.Class = plan.ClassNobody
	}
	return err
}

// Down lists the nodes that requests pass by. See [System].
func (e EM) Down() []NodeDown {
	var all []NodeDown
	for _, n := range e.Client.Down() {
		all = append(all, NodeDown{n.Host, n.Cause.Error()})
	}
	return all
}

// translate brings an error of the wire into the scheduler's words, its text
// kept.
func translate(err error) error {
	var code emapi.Code
	switch {
	case err == nil:
		return nil
	case errors.As(err, &code):
		return &Refusal{Code: int(code), Class: classOf(int(code)), Text: err.Error(), Advice: code.Advice()}
	case errors.Is(err, emapi.ErrUnsendable):
		return classed{err, []error{ErrBadName}}
	case errors.Is(err, emapi.ErrCertificate):
		return classed{err, []error{ErrNotSent, ErrDistrusted}}
	case errors.Is(err, emapi.ErrNotSent):
		return classed{err, []error{ErrNotSent}}
	default:
		return classed{err, []error{ErrUnknown}}
	}
}

// classed is an error of the wire that is also what is said of it in the
// scheduler's words. Its text says so already.
type classed struct {
	error
	is []error
}

func (c classed) Unwrap() []error { return append(c.is, c.error) }

// classOf is how the daemon reacts to a code of the wire.
func classOf(code int) plan.Class {
	switch emapi.Code(code) {
	case emapi.CodeElsewhere:
		return plan.ClassElsewhere
	case emapi.CodeOccupied:
		return plan.ClassOccupied
	case emapi.CodeNoCredentials, emapi.CodeBadCredentials:
		return plan.ClassCredentials
	}
	switch emapi.Code(code).Class() {
	case emapi.Busy:
		return plan.ClassBusy
	case emapi.Observe:
		return plan.ClassObserve
	case emapi.Policy:
		return plan.ClassPolicy
	case emapi.DeskFault:
		return plan.ClassFault
	case emapi.Halt:
		return plan.ClassHalt
	default:
		return plan.ClassRetry
	}
}

// Date is that of the last answer; see [phones.Access.Date].
func (e EM) Date() time.Time { return e.Client.Date() }
