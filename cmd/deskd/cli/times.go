package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deskd/cmd/deskd/console"
	"deskd/reservations"
)

// TimeHelp is what the help of a verb says about the times it takes.
const TimeHelp = `A time is RFC 3339 (2026-03-02T09:00:00+01:00), or local: "2026-03-02 09:00", 09:00 for
today, "tomorrow 09:00", a whole day (2026-03-02, today, tomorrow, yesterday), now, or
so far from now: -2h, +7d. A whole day begins with its first moment; as an end, it is
included: --to 2026-03-02 is up to the midnight after it. Of an hour that the clocks
show twice, the first is meant, as in calendars; one that they skip is refused.`

// TimeFlags adds --from and --to, or one of them, with the names they had.
func TimeFlags(cmd *cobra.Command, from, to string) {
	flags := cmd.Flags()
	for name, usage := range map[string]string{"from": from, "to": to} {
		text := new(timeText)
		text.flag = flags.VarPF(&renamed{text, name}, name, "", usage)
		for former, now := range map[string]string{"since": "from", "start": "from", "until": "to", "end": "to"} {
			if now == name {
				flags.VarPF(&renamed{text, former}, former, "", usage).Hidden = true
			}
		}
	}
}

// timeText is what was given for a flag, by one of its names.
type timeText struct {
	flag     *pflag.Flag // as it is called now
	text, by string
}

// renamed is the value of a flag under one of its names. Given under two of them it would
// have two values, of which one is lost without a word.
type renamed struct {
	*timeText
	name string
}

func (r *renamed) String() string {
	if r.timeText == nil { // the zero value, of which pflag wants to know how it looks
		return ""
	}
	return r.text
}

func (r *renamed) Type() string { return "string" }

func (r *renamed) Set(text string) error {
	if r.by != "" && r.by != r.name && text != r.text {
		return fmt.Errorf("--%s, which means the same, was given as %q", r.by, r.text)
	}
	r.text, r.by, r.flag.Changed = text, r.name, true
	return nil
}

// TimeFlag reads the flag called name as a time in zone: of a whole day, its
// first moment. Without the flag it is now.
func TimeFlag(cmd *cobra.Command, name string, zone *time.Location, now time.Time) (time.Time, error) {
	span, given, err := SpanFlag(cmd, name, zone, now)
	if !given || err != nil {
		return now, err
	}
	return span.Start, nil
}

// SpanFlag reads the flag called name as [console.ReadTime] does, and reports whether it
// was given.
func SpanFlag(cmd *cobra.Command, name string, zone *time.Location, now time.Time) (span reservations.Span, given bool, err error) {
	text, err := cmd.Flags().GetString(name)
	if err != nil || !cmd.Flags().Changed(name) {
		return span, false, err
	}
	if span, err = console.ReadTime(text, zone, now); err != nil {
		err = Usage(fmt.Errorf("--%s: %w", name, err))
	}
	return span, true, err
}

// WindowFlags is window, but for what the flags from and to ask for, in UTC.
func WindowFlags(cmd *cobra.Command, window reservations.Span, zone *time.Location, now time.Time) (reservations.Span, error) {
	from, given, err := SpanFlag(cmd, "from", zone, now)
	if err != nil {
		return window, err
	}
	if given {
		window.Start = from.Start
	}
	to, given, err := SpanFlag(cmd, "to", zone, now)
	if err != nil {
		return window, err
	}
	if given {
		window.End = to.End
	}
	return window.UTC(), CheckOrder(window.Start, window.End, zone)
}

// CheckOrder refuses an end that is not after its start, saying which days were
// taken for both.
func CheckOrder(from, to time.Time, zone *time.Location) error {
	if to.After(from) {
		return nil
	}
	return Usagef("--to (%s) is not after --from (%s); a time of day without a date is today's", console.DayTime(to, zone), console.DayTime(from, zone))
}
