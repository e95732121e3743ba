package plan

import "time"

// chain is the steps of one device that depend on each other, in their order:
// at most a logout and the login it makes room for, or a single hold.
type chain []Step

// hold is a step that sends nothing and says why.
func hold(l Login, c Cause, why string) chain {
	return chain{{Op: OpHold, Login: l, Cause: c, Why: why, Due: l.From}}
}

// atOnce lets the logouts that wait for nothing go out now.
func (c chain) atOnce(now time.Time) {
	for i := range c {
		if c[i].Op == OpLogout && c[i].Due.IsZero() {
			c[i].Due, c[i].NotBefore = now, now
		}
	}
}

func (c chain) last() *Step { return &c[len(c)-1] }

// class is the chain's place in the order of a plan.
func (c chain) class() int {
	switch c.last().Op {
	case OpLogin:
		return 0
	case OpLogout:
		return 1
	default:
		return 2
	}
}
