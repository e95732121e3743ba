package configs

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// The functions in this file judge one value each and know nothing of files.

// oneOf complains unless value is one of the allowed words.
func oneOf(value string, allowed ...string) complaint {
	if slices.Contains(allowed, value) {
		return complaint{}
	}
	list := strings.Join(allowed, ", ")
	if len(allowed) > 1 {
		last := len(allowed) - 1
		list = strings.Join(allowed[:last], ", ") + " or " + allowed[last]
	}
	return complaint{fmt.Sprintf("must be %s, is %q", list, value), ""}
}

func atLeast(value, least Duration) complaint {
	switch {
	case value >= least:
		return complaint{}
	case least == 0:
		return complaint{fmt.Sprintf("must not be negative, is %s", value), ""}
	}
	return complaint{fmt.Sprintf("must be at least %s, is %s", least, value), ""}
}

func countAtLeast(value, least int) complaint {
	if value < least {
		return complaint{fmt.Sprintf("must be at least %d, is %d", least, value), ""}
	}
	return complaint{}
}

var siteName = regexp.MustCompile(`^[\p{L}\p{N}]([\p{L}\p{N} ._-]{0,62}[\p{L}\p{N}._-])?$`)

// checkName judges the name of a site, cluster or feed. Such names stand in CSV
// columns, arguments, log lines and metrics.
func checkName(name string) complaint {
	switch {
	case name == "":
		return complaint{"missing", ""}
	case !siteName.MatchString(name):
		return complaint{fmt.Sprintf("cannot be a name: %q", name), "at most 64 letters, digits, dots, dashes and inner blanks, a letter or digit first"}
	}
	return complaint{}
}

func required(value string) complaint {
	if strings.TrimSpace(value) == "" {
		return complaint{"missing", ""}
	}
	return complaint{}
}

func checkListen(address string) complaint {
	const form = `expected HOST:PORT, such as "127.0.0.1:8484"`
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		if _, err := strconv.ParseUint(address, 10, 16); err == nil {
			return complaint{fmt.Sprintf("%q is a port without host", address), fmt.Sprintf(`write "127.0.0.1:%s" for this machine only, ":%s" for every network`, address, address)}
		}
		return complaint{fmt.Sprintf("%q is not an address to listen on", address), form}
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return complaint{fmt.Sprintf("%q is not a port", port), form}
	}
	return complaint{}
}

// checkPages refuses pages that are open to other machines without anyone having said so, at an
// address that is listened on.
func (c Config) checkPages(listen string) complaint {
	host, _, err := net.SplitHostPort(listen)
	if err != nil || c.Pages != PagesOpen || isLoopback(host) {
		return complaint{}
	}
	return complaint{
		fmt.Sprintf("%s is reached from other machines, and the pages tell everyone there who sits where", listen),
		`write pages: token (deskd token create makes one), or pages: proxy if a proxy before them signs people in; or listen on 127.0.0.1`,
	}
}

// checkHost takes the name of a machine as a browser sends it, without port.
func checkHost(name string) complaint {
	const form = `expected the name alone, such as "desks.example.com"`
	if u, err := url.Parse(name); err == nil && u.Host != "" {
		return complaint{fmt.Sprintf("%q is an address of a page", name), fmt.Sprintf("write %s", u.Hostname())}
	}
	if host, _, err := net.SplitHostPort(name); err == nil {
		return complaint{fmt.Sprintf("%q has a port", name), fmt.Sprintf("write %s", host)}
	}
	if !hostName.MatchString(name) {
		return complaint{fmt.Sprintf("%q is not the name of a host", name), form}
	}
	return complaint{}
}

// hostName matches names of DNS, in ASCII. One that browsers write in another
// script is sent in its ASCII form.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$`)

// PageHosts are the names by which browsers may call the pages: Hosts, and those that are
// listened on where they are names.
func (c Config) PageHosts() []string {
	hosts := slices.Clone(c.Hosts)
	for _, listen := range []string{c.Listen, c.TLS.Listen} {
		if host, _, err := net.SplitHostPort(listen); err == nil && host != "" {
			hosts = append(hosts, host)
		}
	}
	for i, h := range hosts {
		hosts[i] = strings.TrimSuffix(h, ".")
	}
	return hosts
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// checkEnv does not repeat name: a person who misread the key may have put a password
// there.
func checkEnv(name string) complaint {
	if name != "" && !envName.MatchString(name) {
		return complaint{"is not the name of an environment variable", "letters, digits and _; the password itself never stands in this file"}
	}
	return complaint{}
}

// checkPin takes hex and base64, the latter also as curl and browsers write it.
func checkPin(pin string) complaint {
	text := strings.TrimPrefix(pin, "sha256//")
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString} {
		if sum, err := decode(text); err == nil && len(sum) == 32 {
			return complaint{}
		}
	}
	return complaint{
		fmt.Sprintf("%q is not a SHA-256", pin), "expected 64 hexadecimal digits, or 44 characters of base64, of the hash of the server's public key (SPKI)",
	}
}

func checkNetwork(cidr string) complaint {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		if ip, err := netip.ParseAddr(cidr); err == nil {
			return complaint{fmt.Sprintf("%q is an address, not a network", cidr), fmt.Sprintf("write %s/%d for this machine alone", ip, ip.BitLen())}
		}
		return complaint{fmt.Sprintf("%q is not a network", cidr), "expected a CIDR such as 10.1.0.0/16"}
	}
	if prefix != prefix.Masked() {
		return complaint{fmt.Sprintf("%q is an address inside its network", cidr), fmt.Sprintf("write %s", prefix.Masked())}
	}
	if mapped := netip.MustParsePrefix("::ffff:0:0/96"); prefix.Bits() < mapped.Bits() && prefix.Bits() > 0 && prefix.Overlaps(mapped) {
		return complaint{fmt.Sprintf("%q has IPv4 addresses and others", cidr), "write the network of IPv4 by itself, as 10.1.0.0/16"}
	}
	return complaint{}
}

func checkPattern(pattern string) complaint {
	if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
		return complaint{fmt.Sprintf("%q is not a shell pattern", pattern), `expected letters, * for any, ? for one, [ab] for one of them`}
	}
	return complaint{}
}

// checkCron judges a spec by the parser that will read it, which takes three
// specs it should not: a zone and nothing else makes it panic, a negative
// period becomes a second, and a day that no month has never comes.
func checkCron(spec string) complaint {
	const form = `expected five fields, such as "0 3 * * *", or a word such as "@every 5m"`
	spec = strings.TrimSpace(spec)
	if spec == "" {
		return complaint{"missing", form}
	}
	if strings.HasPrefix(spec, "TZ=") || strings.HasPrefix(spec, "CRON_TZ=") {
		return complaint{"names a time zone of its own", "leave it out: jobs run in the site's zone"}
	}
	if period, ok := strings.CutPrefix(spec, "@every "); ok {
		d, c := parseDuration(period)
		if c.none() {
			c = atLeast(d, second)
		}
		return c
	}
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		return complaint{fmt.Sprintf("%q is not a time: %v", spec, err), form}
	}
	if schedule.Next(time.Unix(0, 0).UTC()).IsZero() {
		return complaint{fmt.Sprintf("%q never comes", spec), form}
	}
	return complaint{}
}
