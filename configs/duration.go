package configs

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time that the file writes with its unit: "20s", "5m",
// "1h30m". A plain number is refused, because its unit is unknown.
type Duration time.Duration

const (
	second = Duration(time.Second)
	minute = Duration(time.Minute)
	hour   = Duration(time.Hour)
)

// String writes d as the file does, without units that count nothing: "5m"
// rather than "5m0s".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText writes d as [Duration.String] does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// written is how a duration is written, also one that is too long for the program.
var written = regexp.MustCompile(`^([0-9]+[hms])+$`)

// parseDuration reads the file's form of a duration.
func parseDuration(text string) (Duration, complaint) {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return 0, complaint{fmt.Sprintf("%q has no unit", text), fmt.Sprintf("write %ss for seconds, %sm for minutes", text, text)}
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 100_000 {
			return 0, complaint{fmt.Sprintf("%q counts days, which differ in length", text), fmt.Sprintf("write %dh", n*24)}
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil && written.MatchString(text) {
		return 0, complaint{fmt.Sprintf("%q is longer than a duration may be", text), "write at most 2500000h"}
	}
	if err != nil {
		return 0, complaint{fmt.Sprintf("%q is not a duration", text), `expected a number and h, m or s, such as "5m" or "1h30m"`}
	}
	return Duration(d), complaint{}
}
