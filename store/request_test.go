package store

import (
	"errors"
	"testing"
	"time"

	"deskd/store/requests"
)

func testRequests(t *testing.T, w world) {
	cli, daemon := w.open(t), w.open(t)
	id, err := cli.Requests().Ask(ctx, "pause", "main", at(0, 0))
	check(t, err)
	want := Request{ID: id, Verb: "pause", Arg: "main", Asked: at(0, 0)}
	for range 2 { // it is handed out until it is answered
		same(t, "taken", []Request{want}, must(daemon.Requests().Take(ctx))(t))
	}
	if _, done, err := cli.Requests().Answered(ctx, id); done || err != nil {
		t.Errorf("open request: answered %v, %v", done, err)
	}
	check(t, daemon.Requests().Answer(ctx, Request{ID: id, Result: "no such cluster", Failed: true, Answered: at(0, 1)}))
	want.Result, want.Failed, want.Answered = "no such cluster", true, at(0, 1)
	got, done, err := cli.Requests().Answered(ctx, id)
	check(t, err)
	same(t, "answer", want, got)
	if !done {
		t.Error("the answered request counts as open")
	}
	same(t, "open", []Request{}, must(daemon.Requests().Take(ctx))(t))

	for _, err := range []error{
		daemon.Requests().Answer(ctx, Request{ID: id, Result: "again", Failed: false, Answered: at(0, 2)}),
		daemon.Requests().Answer(ctx, Request{ID: 99, Result: "", Failed: false, Answered: at(0, 2)}),
	} {
		if !errors.Is(err, requests.ErrNone) {
			t.Errorf("answer to no open request: %v", err)
		}
	}
	_, err = cli.Requests().Ask(ctx, "resume", "", at(24, 0))
	check(t, err)
	if _, _, err := cli.Requests().Answered(ctx, id); err != nil {
		t.Errorf("after a day: %v", err)
	}
	next, err := cli.Requests().Ask(ctx, "resume", "", at(24, 0).Add(time.Millisecond))
	check(t, err)
	if _, _, err := cli.Requests().Answered(ctx, id); !errors.Is(err, requests.ErrNone) || next <= id {
		t.Errorf("after more than a day: request %d: %v, next %d", id, err, next)
	}
}

func testChanged(t *testing.T, w world) {
	s, other, db := w.open(t), w.open(t), w.raw(t)
	expect := func(what string, want bool) {
		t.Helper()
		got, err := s.Changed(ctx)
		check(t, err)
		same(t, what, want, got)
	}
	expect("nothing", false)
	book(t, s, "4.12", "jane", span(0, 1))
	expect("own change", false)
	book(t, other, "4.12", "jane", span(1, 2))
	expect("another store's change", true)
	expect("told once", false)
	_, err := db.Exec(`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('5.01', 'jane', '2026-03-02T08:00:00Z', '2026-03-02T12:00:00Z')`)
	check(t, err)
	book(t, s, "4.12", "jane", span(2, 3))
	expect("another program's change before an own one", true)
	_, err = s.Reserve(ctx, must(s.Reservation(ctx, book(t, other, "4.11", "max", span(0, 1)).ID))(t), time.Time{})
	if err == nil {
		t.Error("the same span twice")
	}
	expect("change seen while an own one failed", true)
	must(s.Seen(ctx))(t)
	expect("reading", false)
}
