package phones

import (
	"context"
	"time"

	"deskd/scheduler/plan"
)

// System is the phone system of one cluster.
type System interface {
	// Logins asks who is logged in on devices and answers in their order. A
	// device the reply does not name comes back with Known false. The error is
	// non-nil only when nothing at all was learned, or the whole was put off.
	Logins(ctx context.Context, devices []string) ([]plan.Observation, error)
	// Where asks on which devices a person is logged in.
	Where(ctx context.Context, person string) ([]string, error)
	// Check reports why l cannot be sent, whatever the phone system says; nil when
	// it can.
	Check(l plan.Login) error
	// Login begins a session that lasts at least until l.Stays, or l.Through where that is later.
	Login(ctx context.Context, l plan.Login, now time.Time) error
	// Logout ends the session on l.Device. Where there was none, the error is a
	// [Refusal] of [plan.ClassNobody]: all is as wanted.
	Logout(ctx context.Context, l plan.Login) error
	// Down lists the nodes that did not answer while others stood in for them.
	// It asks nothing.
	Down() []NodeDown
}

// NodeDown is a node of the phone system that does not answer.
type NodeDown struct {
	Host  string // with the port
	Cause string // in words, without secrets
}
