package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/web/access"
	"deskd/web/view"
)

// records are what was done, and how all else stands.
func (a *api) records() {
	add(a, route{method: http.MethodGet, path: "/people", id: "list-people", summary: "People", action: access.SeePeople, list: true}, a.listPeople)
	add(a, route{method: http.MethodGet, path: "/attempts", id: "list-attempts", summary: "Logins, logouts and holds, the newest first", action: access.SeePhones, list: true}, a.listAttempts)
	add(a, route{method: http.MethodGet, path: "/drift", id: "list-drift", summary: "Attempts that no booking's start or end explains", action: access.SeePhones, list: true}, a.listDrift)
	add(a, route{method: http.MethodGet, path: "/sessions", id: "list-sessions", summary: "Who was seen on which phone last", action: access.SeePhones, list: true}, a.listSessions)
	add(a, route{method: http.MethodGet, path: "/feeds", id: "list-feeds", summary: "How the calendars stand", action: access.SeeFeeds, list: true}, a.listFeeds)
	add(a, route{method: http.MethodGet, path: "/clusters", id: "list-clusters", summary: "How the phone systems stand", action: access.SeeClusters, list: true}, a.listClusters)
	add(a, route{method: http.MethodGet, path: "/audit", id: "list-audit", summary: "Who changed what, the newest first", action: access.SeeAudit, list: true}, a.listAudit)
	add(a, route{method: http.MethodGet, path: "/tokens", id: "list-tokens", summary: "Tokens, without their secrets", action: access.SeeTokens, list: true}, a.listTokens)
	add(a, route{method: http.MethodDelete, path: "/tokens/{id}", id: "revoke-token", summary: "Let a token open nothing any more", action: access.GrantTokens}, a.revokeToken)
}

// Person is someone who can be logged in.
type Person struct {
	ID     string   `json:"person"`
	Name   string   `json:"name,omitempty"`
	Mail   []string `json:"mail,omitempty"`
	Groups []string `json:"groups,omitempty"`
	Role   string   `json:"role,omitempty"`
}

func (Person) header() []string { return []string{"person", "name", "mail", "groups", "role"} }
func (p Person) cells() []string {
	return []string{p.ID, p.Name, strings.Join(p.Mail, ";"), strings.Join(p.Groups, ";"), p.Role}
}

func (a *api) listPeople(ctx context.Context, q *Paged) (*listed[Person], error) {
	found, err := a.View.Records.People(ctx)
	if err != nil {
		return nil, err
	}
	who, all := askerOf(ctx), []Person{}
	for _, p := range found {
		if access.Allows(who, access.SeePeople, p.ID) {
			all = append(all, Person{p.ID, p.Name, p.Mail, p.Groups, string(p.Role)})
		}
	}
	slices.SortFunc(all, func(x, y Person) int { return strings.Compare(x.ID, y.ID) })
	return page(*q, sorted[Person]{all: all, key: func(p Person) string { return p.ID }})
}

// Attempt is what was done at a phone, or held.
type Attempt struct {
	ID      int64     `json:"id"`
	Began   time.Time `json:"began"`
	Op      string    `json:"op"`
	Cluster string    `json:"cluster"`
	Desk    string    `json:"desk"`
	Device  string    `json:"device"`
	Person  string    `json:"person,omitempty"`
	Outcome string    `json:"outcome"`
	Cause   string    `json:"cause"`
	Why     string    `json:"why"`
	Error   string    `json:"error,omitempty"`
}

func (Attempt) header() []string {
	return []string{"id", "began", "op", "cluster", "desk", "device", "person", "outcome", "cause", "why", "error"}
}

func (t Attempt) cells() []string {
	return []string{strconv.FormatInt(t.ID, 10), instant(t.Began), t.Op, t.Cluster, t.Desk, t.Device, t.Person, t.Outcome, t.Cause, t.Why, t.Error}
}

func attemptOf(t plan.Attempt) Attempt {
	return Attempt{t.ID, t.Began, string(t.Op), t.Cluster, t.Desk, t.Device, t.Person, string(t.Outcome), string(t.Cause), t.Why, t.Error}
}

// Past is what a list of the past is narrowed by.
type Past struct {
	Paged
	From time.Time `query:"from"`
	To   time.Time `query:"to"`
}

// newest is the key of what is listed with the newest first.
func newest(at time.Time, id int64) string {
	return fmt.Sprintf("%s %020d", at.UTC().Format("2006-01-02T15:04:05.000"), id)
}

// filter narrows to what a page may hold: nothing newer than its cursor, and so many that
// some may share an instant with it.
func (q Past) filter() (view.Filter, error) {
	f := view.Filter{From: q.From, Until: q.To, Limit: q.Limit + 1}
	cursor, err := decodeCursor(q.Cursor)
	if err != nil || cursor == "" {
		return f, err
	}
	text, _, _ := strings.Cut(cursor, " ")
	at, err := time.Parse("2006-01-02T15:04:05.000", text)
	if err != nil {
		return f, invalid("cursor: it is none that a list has given")
	}
	f.Until, f.Limit = at.Add(time.Millisecond), q.Limit+500
	return f, nil
}

type askAttempts struct {
	Past
	Desk string `query:"desk" maxLength:"200"`
}

func (a *api) listAttempts(ctx context.Context, q *askAttempts) (*listed[Attempt], error) {
	return a.attempts(ctx, q, a.View.ListAttempts)
}

func (a *api) listDrift(ctx context.Context, q *askAttempts) (*listed[Attempt], error) {
	return a.attempts(ctx, q, a.View.ListDrift)
}

func (a *api) attempts(ctx context.Context, q *askAttempts, read func(context.Context, view.Filter) ([]plan.Attempt, error)) (*listed[Attempt], error) {
	f, err := q.filter()
	if err != nil {
		return nil, err
	}
	f.Desk = q.Desk
	found, err := read(ctx, f)
	if err != nil {
		return nil, err
	}
	all := make([]Attempt, len(found))
	for i, t := range found {
		all[i] = attemptOf(t)
	}
	key := func(t Attempt) string { return newest(t.Began, t.ID) }
	slices.SortFunc(all, func(x, y Attempt) int { return strings.Compare(key(y), key(x)) })
	return page(q.Paged, sorted[Attempt]{all: all, key: key, down: true})
}

// Session is what was seen on a phone.
type Session struct {
	Desk   string    `json:"desk"`
	Device string    `json:"device"`
	Known  bool      `json:"known"`
	Person string    `json:"person,omitempty"`
	Ours   bool      `json:"ours" doc:"deskd has begun it."`
	Since  time.Time `json:"since,omitzero"`
	Seen   time.Time `json:"seen,omitzero"`
}

func (Session) header() []string {
	return []string{"desk", "device", "known", "person", "ours", "since", "seen"}
}

func (s Session) cells() []string {
	return []string{s.Desk, s.Device, strconv.FormatBool(s.Known), s.Person, strconv.FormatBool(s.Ours), instant(s.Since), instant(s.Seen)}
}

func (a *api) listSessions(ctx context.Context, q *Paged) (*listed[Session], error) {
	shown, err := a.Board(ctx)
	if err != nil {
		return nil, err
	}
	all := []Session{}
	for _, d := range shown.Desks {
		all = append(all, Session{d.Desk.ID, d.Desk.Device, d.Phone.Known, d.Phone.Person, d.Phone.Ours, d.Phone.Since, d.Phone.At})
	}
	slices.SortFunc(all, func(x, y Session) int { return strings.Compare(x.Desk, y.Desk) })
	return page(*q, sorted[Session]{all: all, key: func(s Session) string { return s.Desk }})
}

// Feed is how a calendar stands.
type Feed struct {
	Name     string    `json:"name"`
	Checked  time.Time `json:"checked,omitzero"`
	Good     time.Time `json:"good,omitzero" doc:"When it was last read."`
	Failures int       `json:"failures"`
	Problem  string    `json:"problem,omitempty"`
	Events   int       `json:"events"`
	Unread   int       `json:"unread" doc:"Events that were not understood."`
}

func (Feed) header() []string {
	return []string{"name", "checked", "good", "failures", "problem", "events", "unread"}
}

func (f Feed) cells() []string {
	return []string{f.Name, instant(f.Checked), instant(f.Good), strconv.Itoa(f.Failures), f.Problem, strconv.Itoa(f.Events), strconv.Itoa(f.Unread)}
}

func (a *api) listFeeds(ctx context.Context, q *Paged) (*listed[Feed], error) {
	found, err := a.View.FeedStates(ctx)
	if err != nil {
		return nil, err
	}
	all := []Feed{}
	for _, f := range found {
		all = append(all, Feed{f.Name, f.Checked, f.Good, f.Failures, f.Problem, f.Events, f.Unread})
	}
	slices.SortFunc(all, func(x, y Feed) int { return strings.Compare(x.Name, y.Name) })
	return page(*q, sorted[Feed]{all: all, key: func(f Feed) string { return f.Name }})
}

// Cluster is how a phone system stands.
type Cluster struct {
	Name    string `json:"name"`
	Paused  bool   `json:"paused"`
	Why     string `json:"paused_why,omitempty"`
	Refuses bool   `json:"refuses" doc:"It refuses deskd."`
	Held    int    `json:"held" doc:"Logouts that wait for a person."`
}

func (Cluster) header() []string { return []string{"name", "paused", "paused_why", "refuses", "held"} }
func (c Cluster) cells() []string {
	return []string{c.Name, strconv.FormatBool(c.Paused), c.Why, strconv.FormatBool(c.Refuses), strconv.Itoa(c.Held)}
}

func (a *api) listClusters(ctx context.Context, q *Paged) (*listed[Cluster], error) {
	found, err := a.View.ListClusters(ctx, a.Now())
	if err != nil {
		return nil, err
	}
	all := []Cluster{}
	for _, c := range found {
		one := Cluster{Name: c.Name, Refuses: c.Open(), Held: c.Held}
		if c.Pause != nil {
			one.Paused, one.Why = true, c.Pause.Why
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(x, y Cluster) int { return strings.Compare(x.Name, y.Name) })
	return page(*q, sorted[Cluster]{all: all, key: func(c Cluster) string { return c.Name }})
}

// Entry is a row of the audit.
type Entry struct {
	ID    int64     `json:"id"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor" doc:"daemon, cli:NAME, token:ID, feed:NAME, or sql."`
	For   string    `json:"for,omitempty" doc:"The person of that token."`
	Verb  string    `json:"verb"`
	Kind  string    `json:"kind"`
	Item  string    `json:"item,omitempty"`
	What  any       `json:"what,omitempty" doc:"The columns as they were (was) and are (is)."`
}

func (Entry) header() []string {
	return []string{"id", "at", "actor", "for", "verb", "kind", "item", "what"}
}

func (e Entry) cells() []string {
	what, _ := e.What.(json.RawMessage)
	return []string{strconv.FormatInt(e.ID, 10), instant(e.At), e.Actor, e.For, e.Verb, e.Kind, e.Item, string(what)}
}

func (a *api) listAudit(ctx context.Context, q *Past) (*listed[Entry], error) {
	f, err := q.filter()
	if err != nil {
		return nil, err
	}
	found, err := a.View.ListAudit(ctx, f)
	if err != nil {
		return nil, err
	}
	tokens, err := a.Tokens.List(ctx)
	if err != nil {
		return nil, err
	}
	people := make(map[string]string, len(tokens))
	for _, t := range tokens {
		people["token:"+t.ID] = t.Person
	}
	all := make([]Entry, len(found))
	for i, e := range found {
		all[i] = Entry{ID: e.ID, At: e.At, Actor: e.Actor, For: people[e.Actor], Verb: e.Verb, Kind: e.Kind, Item: e.Item}
		if e.What != nil {
			all[i].What = e.What
		}
	}
	key := func(e Entry) string { return newest(e.At, e.ID) }
	slices.SortFunc(all, func(x, y Entry) int { return strings.Compare(key(y), key(x)) })
	return page(q.Paged, sorted[Entry]{all: all, key: key, down: true})
}

// Token is a token without its secret.
type Token struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Scopes  string    `json:"scopes"`
	Person  string    `json:"person,omitempty"`
	Role    string    `json:"role,omitempty"`
	Shows   string    `json:"shows,omitempty"`
	Note    string    `json:"note,omitempty"`
	By      string    `json:"by"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
	Used    time.Time `json:"used,omitzero" doc:"To the hour."`
	Revoked time.Time `json:"revoked,omitzero"`
}

func (Token) header() []string {
	return []string{"id", "kind", "scopes", "person", "role", "shows", "note", "by", "created", "expires", "used", "revoked"}
}

func (t Token) cells() []string {
	return []string{t.ID, t.Kind, t.Scopes, t.Person, t.Role, t.Shows, t.Note, t.By, instant(t.Created), instant(t.Expires), instant(t.Used), instant(t.Revoked)}
}

func tokenOf(t reservations.Token) Token {
	return Token{t.ID, string(t.Kind), reservations.ScopesText(t.Scopes), t.Person, string(t.Role), t.Shows, t.Note, t.By, t.Created, t.Expires, t.Used, t.Revoked}
}

func (a *api) listTokens(ctx context.Context, q *Paged) (*listed[Token], error) {
	found, err := a.Tokens.List(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Token, len(found))
	for i, t := range found {
		all[i] = tokenOf(t)
	}
	slices.SortFunc(all, func(x, y Token) int { return strings.Compare(x.ID, y.ID) })
	return page(*q, sorted[Token]{all: all, key: func(t Token) string { return t.ID }})
}

func (a *api) revokeToken(ctx context.Context, q *One) (*got[Token], error) {
	t, err := a.Tokens.Revoke(ctx, q.ID, a.Now())
	if errors.Is(err, reservations.ErrToken) {
		return nil, problem(http.StatusNotFound, "not_found", "there is no such token")
	}
	if err != nil {
		return nil, err
	}
	return &got[Token]{tokenOf(t)}, nil
}
