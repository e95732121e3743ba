package access

import (
	"slices"

	"deskd/reservations"
)

// Action is what may be allowed.
type Action string

// The actions.
const (
	SeeDesks        Action = "see desks"        // where they are, and whether they are free
	SeeNames        Action = "see names"        // of those who have a desk, and why
	SeePeople       Action = "see people"       // the directory
	SeeReservations Action = "see reservations" // and series
	SeePhones       Action = "see phones"       // attempts, sessions, drift, and explanations
	SeeFeeds        Action = "see feeds"        // how they stand, and what is held
	SeeClusters     Action = "see clusters"     // and nodes
	SeeStatistics   Action = "see statistics"   // counts, which name nobody
	SeeAudit        Action = "see audit"
	SeeTokens       Action = "see tokens"
	SeeEvents       Action = "see events"
	Book            Action = "book"     // and change, extend, end, cancel, check in
	Overrule        Action = "overrule" // book though rules are against it
	Close           Action = "close"    // desks, for a time
	AnswerFeeds     Action = "answer feeds"
	Operate         Action = "operate" // pause and resume clusters
	GrantTokens     Action = "grant tokens"
)

// Reach is whose things an action is allowed for.
type Reach int

// The reaches, the wider ones larger.
const (
	Nothing Reach = iota
	Own           // what is of the asker's own person
	All
)

// Asker is who asks: a token.
type Asker struct {
	Token  string // its id
	Person string // '' is a program
	Role   reservations.Role
	Scopes []reservations.Scope
}

// Of is the asker of a token that counts.
func Of(t reservations.Token) Asker {
	role := t.Role
	if role == "" {
		role = reservations.RoleEmployee
	}
	return Asker{t.ID, t.Person, role, t.Scopes}
}

// row is what an action asks for: a scope, and how far each role reaches.
type row struct {
	scope reservations.Scope
	reach map[reservations.Role]Reach
}

const (
	employee   = reservations.RoleEmployee
	delegate   = reservations.RoleDelegate
	facilities = reservations.RoleFacilities
	telephony  = reservations.RoleTelephony
	auditor    = reservations.RoleAuditor
)

// table is who may do what.
var table = map[Action]row{
	SeeDesks:        {reservations.ScopeRead, map[reservations.Role]Reach{employee: All, delegate: All, facilities: All, telephony: All, auditor: All}},
	SeeEvents:       {reservations.ScopeRead, map[reservations.Role]Reach{employee: All, delegate: All, facilities: All, telephony: All, auditor: All}},
	SeeNames:        {reservations.ScopeRead, map[reservations.Role]Reach{employee: Own, delegate: All, facilities: All, telephony: All, auditor: All}},
	SeePeople:       {reservations.ScopeRead, map[reservations.Role]Reach{employee: Own, delegate: All, facilities: All, telephony: All, auditor: All}},
	SeeReservations: {reservations.ScopeRead, map[reservations.Role]Reach{employee: Own, delegate: All, facilities: All, telephony: All, auditor: All}},
	SeePhones:       {reservations.ScopeRead, map[reservations.Role]Reach{facilities: All, telephony: All, auditor: All}},
	SeeFeeds:        {reservations.ScopeRead, map[reservations.Role]Reach{facilities: All, telephony: All, auditor: All}},
	SeeClusters:     {reservations.ScopeRead, map[reservations.Role]Reach{facilities: All, telephony: All, auditor: All}},
	SeeStatistics:   {reservations.ScopeRead, map[reservations.Role]Reach{facilities: All, telephony: All, auditor: All}},
	SeeAudit:        {reservations.ScopeRead, map[reservations.Role]Reach{auditor: All}},
	SeeTokens:       {reservations.ScopeAdmin, map[reservations.Role]Reach{facilities: All, telephony: All, auditor: All}},

	Book:     {reservations.ScopeWrite, map[reservations.Role]Reach{employee: Own, delegate: All, facilities: All}},
	Overrule: {reservations.ScopeWrite, map[reservations.Role]Reach{facilities: All}},
	Close:    {reservations.ScopeWrite, map[reservations.Role]Reach{facilities: All}},

	AnswerFeeds: {reservations.ScopeOperate, map[reservations.Role]Reach{facilities: All, telephony: All}},
	Operate:     {reservations.ScopeOperate, map[reservations.Role]Reach{telephony: All}},
	GrantTokens: {reservations.ScopeAdmin, map[reservations.Role]Reach{facilities: All, telephony: All}},
}

// ReachOf is whose things an asker may do an action with. It is the one function that
// decides.
func ReachOf(who Asker, what Action) Reach {
	r, known := table[what]
	if !known || !slices.Contains(who.Scopes, r.scope) {
		return Nothing
	}
	reach := r.reach[who.Role]
	if reach == Own && who.Person == "" {
		return Nothing
	}
	return reach
}

// Allows reports whether an asker may do an action with what is of a person, ” for what is
// nobody's.
func Allows(who Asker, what Action, person string) bool {
	switch ReachOf(who, what) {
	case All:
		return true
	case Own:
		return person != "" && reservations.SamePerson(who.Person, person)
	case Nothing:
	}
	return false
}

// MayGrant reports whether an asker may make a token that may do so much: no more than the
// asker itself, or what an employee may.
func MayGrant(who Asker, t reservations.Token) bool {
	role := Of(t).Role
	if ReachOf(who, GrantTokens) != All || role != who.Role && role != employee {
		return false
	}
	return t.Role != "" && !slices.ContainsFunc(t.Scopes, func(s reservations.Scope) bool { return !slices.Contains(who.Scopes, s) })
}
