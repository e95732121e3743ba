package rules

import "time"

// Verdict is what one rule says about a request.
type Verdict struct {
	Rule    string   `json:"rule"`
	Value   string   `json:"value"`
	Refusal *Refusal `json:"refusal,omitempty"` // nil: the rule is kept
}

// rule is one of the rules, as its key in the configuration calls it.
type rule struct {
	key string
	// value words the rule; '' says that it is not set.
	value func(r Rules, w World) string
	// broken is what the rule has against a request; its zero value is nothing. Rule and
	// Value are filled in by the caller.
	broken func(r Rules, w World, q Request, now time.Time) Refusal
}

// all are the rules in the order in which they are told: of the place, of the time, of the
// person.
var all = []rule{
	{"out_of_service", outOfServiceValue, outOfService},
	{"closures", closuresValue, closed},
	{"owner", func(_ Rules, w World) string { return w.Owner }, owned},
	{"groups", groupsValue, groups},
	{"hours", hoursValue, hours},
	{"holidays", holidaysValue, holidays},
	{"slots", slotsValue, slots},
	{"ahead_days", aheadValue, ahead},
	{"shortest", func(r Rules, _ World) string { return durationValue(r.Shortest) }, shortest},
	{"longest", func(r Rules, _ World) string { return durationValue(r.Longest) }, longest},
	{"buffer", func(r Rules, _ World) string { return durationValue(r.Buffer) }, buffer},
	{"one_desk", oneDeskValue, oneDesk},
	{"quotas", quotasValue, quotas},
}

// Judge tells what each rule that is set says about a request, in a fixed order.
func Judge(r Rules, w World, q Request, now time.Time) []Verdict {
	var told []Verdict
	for _, one := range all {
		value := one.value(r, w)
		if value == "" {
			continue
		}
		v := Verdict{Rule: one.key, Value: value}
		if broken := one.broken(r, w, q, now); broken.Code != "" {
			broken.Rule = one.key
			if broken.Value == "" {
				broken.Value = value
			}
			v.Refusal = &broken
		}
		told = append(told, v)
	}
	return told
}

// Check returns what the rules have against a request: nothing when it is granted.
func Check(r Rules, w World, q Request, now time.Time) []Refusal {
	var against []Refusal
	for _, v := range Judge(r, w, q, now) {
		if v.Refusal != nil {
			against = append(against, *v.Refusal)
		}
	}
	return against
}
