package emulator

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Knob is one of the [Options] as text, for flags and the admin port.
type Knob struct {
	Name  string
	Usage string // what it does, its values and default
	// Secret knobs are set but not shown.
	Secret bool
	// Bool knobs are "true" or "false".
	Bool bool

	show func() string
	set  func(text string) error
}

// String returns the value, "***" for a secret. A zero Knob has none.
func (k Knob) String() string {
	switch {
	case k.show == nil:
		return ""
	case k.Secret:
		return "***"
	}
	return k.show()
}

// Set changes the value. The error says what was expected; then nothing changes.
func (k Knob) Set(text string) error {
	if err := k.set(text); err != nil {
		return fmt.Errorf("set %s to %q: %w", k.Name, text, err)
	}
	return nil
}

// Knobs returns the knobs of o, in the order in which they are documented. They
// read and write o itself.
func Knobs(o *Options) []Knob {
	return []Knob{
		text(&o.AppID, "app-id", "application user that requests must name", false),
		text(&o.Password, "app-password", "its password", true),
		yes(&o.NoProxyRight, "no-proxy-right", "the application user may not act for others: code 10"),
		duration(&o.CredentialCache, "credential-cache", "how long a password that was right stays right; 0s for 2m, negative for no cache"),
		yes(&o.CacheRefusals, "cache-refusals", "a password that was wrong stays wrong for as long"),
		prefixes(&o.Trusted, "trusted", "senders that are served, as prefixes with commas between; empty for all, otherwise code 28"),
		yes(&o.AllowProxy, "allow-proxy", "serve trusted senders through a proxy too, otherwise code 30"),
		number(&o.MaxConcurrent, "max-concurrent", "logins and logouts at once before code 26; 0 for the dialect's 5 or 3, -1 for any number"),
		yes(&o.CountQueries, "count-queries", "queries count towards max-concurrent"),
		choice(&o.MultipleLogin, "multiple-login", "a user's second login is", NotAllowed, Allowed, AutoLogout),
		duration(&o.MaxLoginTime, "max-login-time", "Intra-cluster Maximum Login Time; 0s for none"),
		choice(&o.EndRule, "end-rule", "which of exclusiveDuration and max-login-time wins:", ShorterWins, ExclusiveWins, MaximumWins),
		unit(&o.TimeUnit, "time-unit"),
		yes(&o.ForgetLastUser, "forget-last-user", "replies tell nothing of earlier users"),
		duration(&o.Lag, "lag", "queries are answered from the sessions of so long ago, as by a node that replication has not reached"),
		number(&o.LagEvery, "lag-every", "with lag, only the n-th query of every n is; 0 for every one"),
		duration(&o.Times.Login, "login-time", "how long a login takes; real: 400ms"),
		duration(&o.Times.Logout, "logout-time", "how long a logout takes; real: 200ms"),
		duration(&o.Times.Query, "query-time", "how long a query takes; real: 30ms"),
		duration(&o.KeysTime, "keys-time", "how long a person's login or logout at a phone counts towards max-concurrent"),
		number(&o.SlowFrom, "slow-from", "more logins and logouts at once than this take longer, in proportion; 0 for never"),
		duration(&o.Restart.Login, "login-restart", "how long a phone is away after a login; real: 16s"),
		duration(&o.Restart.Logout, "logout-restart", "how long a phone is away after a logout; real: 12s"),
		choice(&o.Dialect, "dialect", "generation of the replies:", Dialect12, Dialect85),
		yes(&o.Lenient, "lenient", "accept the query name userDeviceProfileQuery, otherwise code 8"),
		yes(&o.ErrorMessage, "error-message", "failed queries say errorMessage instead of error"),
		yes(&o.CheckUserFailure, "check-user-failure", "checkUser of nobody answers with code 23 instead of doesNotExist"),
		text(&o.ContentType, "content-type", "of replies; empty for text/xml", false),
		choice(&o.Charset, "charset", "of replies:", UTF8, Latin1),
		choice(&o.Texts, "texts", "of refusals: those of", GuideTexts, PlainTexts),
		partList(&o.Broken, "broken", "parts of the phone system that fail, with a code of their own:"),
		choice(&o.Certificate, "certificate", "what is shown to clients over TLS:", GoodCertificate, OtherKey, Expired, WrongName),
		seed(&o.Seed, "seed", "of the chance of faults"),
	}
}

func text(to *string, name, usage string, secret bool) Knob {
	return Knob{
		Name: name, Usage: usage, Secret: secret,
		show: func() string { return *to },
		set:  func(text string) error { *to = text; return nil },
	}
}

func yes(to *bool, name, usage string) Knob {
	return Knob{
		Name: name, Usage: usage, Bool: true,
		show: func() string { return strconv.FormatBool(*to) },
		set:  parsed(to, strconv.ParseBool, "true or false"),
	}
}

func number(to *int, name, usage string) Knob {
	return Knob{
		Name: name, Usage: usage,
		show: func() string { return strconv.Itoa(*to) },
		set:  parsed(to, strconv.Atoi, "a whole number"),
	}
}

func seed(to *uint64, name, usage string) Knob {
	parse := func(text string) (uint64, error) { return strconv.ParseUint(text, 10, 64) }
	return Knob{
		Name: name, Usage: usage,
		show: func() string { return strconv.FormatUint(*to, 10) },
		set:  parsed(to, parse, "a number of at most 64 bits"),
	}
}

func duration(to *time.Duration, name, usage string) Knob {
	return Knob{
		Name: name, Usage: usage,
		show: func() string { return to.String() },
		set:  parsed(to, time.ParseDuration, "a duration such as 90s"),
	}
}

func unit(to *time.Duration, name string) Knob {
	units := map[string]time.Duration{"minutes": time.Minute, "seconds": time.Second}
	parse := func(text string) (time.Duration, error) {
		if u, ok := units[text]; ok {
			return u, nil
		}
		return 0, errors.New("no such unit")
	}
	show := func() string {
		for name, u := range units {
			if *to == u {
				return name
			}
		}
		if *to == 0 {
			return "minutes"
		}
		return to.String()
	}
	return Knob{Name: name, Usage: "what exclusiveDuration counts in: minutes or seconds", show: show, set: parsed(to, parse, "minutes or seconds")}
}

// choice is a knob of a few words, of which the first is the default.
func choice[T ~string](to *T, name, usage string, words ...T) Knob {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	either := strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
	parse := func(text string) (T, error) {
		if !slices.Contains(words, T(text)) {
			return "", errors.New("none of them")
		}
		return T(text), nil
	}
	show := func() string {
		if *to == "" {
			return list[0]
		}
		return string(*to)
	}
	return Knob{Name: name, Usage: usage + " " + either, show: show, set: parsed(to, parse, either)}
}

func prefixes(to *[]netip.Prefix, name, usage string) Knob {
	parse := func(text string) ([]netip.Prefix, error) {
		var all []netip.Prefix
		for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
			if addr, err := netip.ParseAddr(part); err == nil {
				part = netip.PrefixFrom(addr, addr.BitLen()).String()
			}
			p, err := netip.ParsePrefix(part)
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
		return all, nil
	}
	show := func() string {
		list := make([]string, len(*to))
		for i, p := range *to {
			list[i] = p.String()
		}
		return strings.Join(list, ",")
	}
	return Knob{Name: name, Usage: usage, show: show, set: parsed(to, parse, "addresses or prefixes such as 192.0.2.0/24, with commas between")}
}

// Settings returns the knobs in force by name, without the secret ones.
func (e *Emulator) Settings() map[string]string {
	_, release := e.access()
	defer release()
	all := make(map[string]string)
	for _, k := range Knobs(&e.opts) {
		all[k.Name] = k.String()
	}
	return all
}

// Set turns knobs by name while the service runs. The error lists every mistake;
// then nothing has changed.
func (e *Emulator) Set(values map[string]string) error {
	var problems error
	e.Change(func(o *Options) {
		changed := *o
		knobs := Knobs(&changed)
		for _, name := range slices.Sorted(maps.Keys(values)) {
			i := slices.IndexFunc(knobs, func(k Knob) bool { return k.Name == name })
			if i < 0 {
				problems = errors.Join(problems, fmt.Errorf("set %q: there is no such knob", name))
				continue
			}
			problems = errors.Join(problems, knobs[i].Set(values[name]))
		}
		if problems == nil {
			*o = changed
		}
	})
	return problems
}
