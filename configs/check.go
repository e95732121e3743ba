package configs

import (
	"fmt"
	"strings"
)

// check reports what is wrong with the values of c.
func (f *findings) check(c Config) {
	f.database(c.Database)
	f.add("listen", checkListen(c.Listen))
	f.add("listen", c.checkPages(c.Listen))
	f.tls(c)
	f.add("pages", oneOf(c.Pages, PagesOpen, PagesToken, PagesProxy))
	each(f, "hosts", c.Hosts, checkHost)
	f.sites(c.Sites)
	f.clusters(c.Clusters)
	f.feeds(c)
	each(f, "deny_networks", c.DenyNetworks, checkNetwork)
	f.add("phones.base_url", checkBaseURL(c.Phones.BaseURL))
	f.plainURL(c)
	each(f, "phones.networks", c.Phones.Networks, checkNetwork)
	f.add("phones.networks", checkPhones(c.Phones))
	f.add("phones.colleagues", checkColleagues(c.Phones.Colleagues))
	f.pushes(c.Phones)
	f.checkNotices(c.Phones.Notices)
	f.add("policy.end.wait_for_call", checkCalls(c))
	f.idle(c.Phones)
	f.policy(c.Policy)
	if c.Brake.Share < 0 || c.Brake.Share > 1 {
		f.add("brake.share", complaint{fmt.Sprintf("must be from 0 to 1, is %v", c.Brake.Share), "0.25 is a quarter"})
	}
	f.add("brake.count", countAtLeast(c.Brake.Count, 0))
	f.add("brake.added", countAtLeast(c.Brake.Added, 0))
	f.add("jobs.sweep", checkCron(c.Jobs.Sweep))
	f.add("jobs.nightly", checkCron(c.Jobs.Nightly))
	// What the daemon reads again when it starts reaches back two days.
	f.add("retention.people", atLeast(c.Retention.People, 48*hour))
	// Names go first: without them nobody can ask for what is removed.
	f.add("retention.reservations", atLeast(c.Retention.Reservations, max(c.Retention.People, 48*hour)))
	f.add("retention.attempts", atLeast(c.Retention.Attempts, 24*hour))
	f.add("retention.audit", atLeast(c.Retention.Audit, 24*hour))
	f.add("log.level", oneOf(c.Log.Level, "debug", "info", "warn", "error"))
	f.add("log.format", oneOf(c.Log.Format, "text", "json"))
}

// something reports a list without which deskd has nothing to do: an empty file is a
// mistake.
func (f *findings) something(key string, n int) {
	if n == 0 {
		f.add(key, complaint{"missing: deskd has nothing to do", "deskd config prints an example"})
	}
}

func (f *findings) sites(sites []Site) {
	seen := make(map[string]string)
	for i, s := range sites {
		key := fmt.Sprintf("sites[%d]", i)
		f.name(key, s.Name, seen)
		f.add(key+".timezone", checkZone(s.Timezone))
		f.rules(key+".rules", s.Rules)
		f.zones(key+".zones", s.Zones)
	}
}

// name checks the name of the entry key and that none in seen is like it. Names that
// differ only in case are the same name: people would confuse them.
func (f *findings) name(key, name string, seen map[string]string) {
	f.add(key+".name", checkName(name))
	f.unique(key+".name", strings.ToLower(name), seen, "each needs a name of its own, whatever its case")
}

// unique reports a value that another key in seen already has.
func (f *findings) unique(key, value string, seen map[string]string, hint string) {
	first, twice := seen[value]
	if !twice {
		seen[value] = key
		return
	}
	f.add(key, complaint{fmt.Sprintf("is the same as %s on line %d", first, f.find(first).line), hint})
}

// moreThanAllowed is what is wrong with a duplicate address.
const moreThanAllowed = "together the two would ask more of the phone system than each may"

func (f *findings) clusters(clusters []Cluster) {
	names, urls := make(map[string]string), make(map[string]string)
	for i, c := range clusters {
		key := fmt.Sprintf("clusters[%d]", i)
		f.name(key, c.Name, names)
		f.add(key+".url", checkClusterURL(c.URL))
		f.unique(key+".url", c.URL, urls, moreThanAllowed)
		each(f, key+".failover_urls", c.FailoverURLs, checkClusterURL)
		for j, node := range c.FailoverURLs {
			f.unique(fmt.Sprintf("%s.failover_urls[%d]", key, j), node, urls, moreThanAllowed)
		}
		f.add(key+".app_id", required(c.AppID))
		f.credentials(key, c)
		each(f, key+".devices", c.Devices, checkKind)
		if len(c.Devices) == 0 {
			f.add(key+".devices", complaint{"is empty, so that no phone could be driven", "leave it out for [SEP, ATA]"})
		}
		f.add(key+".multiple_login", oneOf(c.MultipleLogin, "not-allowed", "allowed", "auto-logout"))
		f.add(key+".max_concurrent", countAtLeast(c.MaxConcurrent, 1))
		f.add(key+".max_per_minute", countAtLeast(c.MaxPerMinute, 1))
		f.add(key+".exclusive_duration.mode", oneOf(c.ExclusiveDuration.Mode, "timed", "indefinite"))
		f.add(key+".exclusive_duration.unit", oneOf(c.ExclusiveDuration.Unit, "minutes", "seconds"))
		f.add(key+".exclusive_duration.pad", atLeast(c.ExclusiveDuration.Pad, 0))
		f.add(key+".em_login_url", checkLoginURL(c.EMLoginURL))
		f.inventory(key+".inventory", c.Inventory)
	}
}

func (f *findings) credentials(key string, c Cluster) {
	switch {
	case c.AppPasswordFile == "" && c.AppPasswordEnv == "" && !f.isBlamed(key+".app_password_env"):
		f.add(key+".app_password_file", complaint{"missing", "or name an environment variable in app_password_env"})
	case c.AppPasswordFile != "" && c.AppPasswordEnv != "":
		f.add(key+".app_password_env", complaint{"stands beside app_password_file", "keep one of the two"})
	}
	f.add(key+".app_password_env", checkEnv(c.AppPasswordEnv))
	each(f, key+".pin_sha256", c.PinSHA256, checkPin)
}

// each checks the entries of a list.
func each(f *findings, key string, list []string, check func(string) complaint) {
	for i, entry := range list {
		f.add(fmt.Sprintf("%s[%d]", key, i), check(entry))
	}
}

func (f *findings) policy(p Policy) {
	f.add("policy.ready", atLeast(p.Ready, 0))
	f.add("policy.lead", atLeast(p.Lead, 0))
	if p.Lead < p.Ready {
		f.add("policy.lead", complaint{
			fmt.Sprintf("must not be less than ready (%s), is %s", p.Ready, p.Lead), "a login may not go out only after it is due",
		})
	}
	f.add("policy.grace", atLeast(p.Grace, 0))
	f.add("policy.min_left", atLeast(p.MinLeft, 0))
	f.add("policy.relogin", oneOf(p.Relogin, "always", "outage", "never"))
	f.add("policy.stranger", oneOf(p.Stranger, "takeover", "wait", "leave"))
	f.add("policy.walkups", oneOf(p.Walkups, "leave", "end"))
	f.add("policy.elsewhere", oneOf(p.Elsewhere, "move", "refuse"))
}
