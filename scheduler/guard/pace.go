package guard

import "deskd/scheduler/plan"

// Pace is the guard of the rate: more may be due than goes out within a minute.
type Pace struct {
	PerMinute int // 0 for no limit
	late      bool
	waiting   int
}

// Note takes in how many steps wait for the rate.
func (p *Pace) Note(waiting int) {
	p.waiting = waiting
	switch {
	case p.PerMinute <= 0:
	case waiting > p.PerMinute:
		p.late = true
	case waiting == 0:
		p.late = false
	}
}

// Blocks says that logins and logouts are late.
func (p *Pace) Blocks() []plan.Block {
	if !p.late {
		return nil
	}
	return []plan.Block{{Kind: plan.KindLate, Text: "more logins and logouts are due than may be sent within a minute",
		Fields: []any{"waiting", p.waiting, "max_per_minute", p.PerMinute}}}
}
