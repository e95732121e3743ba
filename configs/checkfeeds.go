package configs

import (
	"fmt"
	"strings"
)

func (f *findings) feeds(c Config) {
	names := make(map[string]string)
	for i, feed := range c.Feeds {
		key := fmt.Sprintf("feeds[%d]", i)
		f.name(key, feed.Name, names)
		f.add(key+".url", checkFeedURL(feed.URL, feed.AllowNetworks))
		f.add(key+".every", atLeast(feed.Every, second))
		if !f.isBlamed("sites") {
			f.add(key+".site", checkSite(feed.Site, c.Sites))
		}
		f.mapping(key, feed)
		f.add(key+".window.back", atLeast(feed.Window.Back, 0))
		if feed.Window.Ahead <= feed.Every {
			f.add(key+".window.ahead", complaint{
				fmt.Sprintf("must be longer than every (%s), is %s", feed.Every, feed.Window.Ahead), "or bookings begin before they are seen",
			})
		}
		each(f, key+".allow_desks", feed.AllowDesks, checkPattern)
		each(f, key+".allow_people", feed.AllowPeople, checkAllowed)
		f.add(key+".event_desks", countAtLeast(feed.EventDesks, 1))
		f.add(key+".person_desks", countAtLeast(feed.PersonDesks, 1))
		each(f, key+".allow_networks", feed.AllowNetworks, checkNetwork)
		f.login(key, feed)
		f.trust(key, feed)
	}
}

// checkAllowed checks an entry of the people a feed may book for: "@group", or a pattern.
func checkAllowed(text string) complaint {
	if group, is := strings.CutPrefix(text, "@"); is {
		if strings.TrimSpace(group) == "" {
			return complaint{"names no group", "write @ and the group, as the column groups of the people has it"}
		}
		return complaint{}
	}
	return checkPattern(text)
}

// trust checks how a feed's server proves its identity, which takes encryption.
func (f *findings) trust(key string, feed Feed) {
	each(f, key+".pin_sha256", feed.PinSHA256, checkPin)
	if strings.HasPrefix(strings.ToLower(fromCalDAV(feed.URL)), "https:") || f.isBlamed(key+".url") {
		return
	}
	const what, hint = "means nothing for a url that is not https", "write https in url, or remove this"
	if feed.CAFile != "" {
		f.add(key+".ca_file", complaint{what, hint})
	}
	if len(feed.PinSHA256) > 0 {
		f.add(key+".pin_sha256", complaint{what, hint})
	}
}

// login checks the credentials of a feed: none, a user with a password, or a token.
func (f *findings) login(key string, feed Feed) {
	f.either(key, "password", feed.PasswordFile, feed.PasswordEnv)
	f.either(key, "token", feed.TokenFile, feed.TokenEnv)
	password, token := feed.PasswordFile+feed.PasswordEnv != "", feed.TokenFile+feed.TokenEnv != ""
	switch {
	case feed.Username != "" && token:
		f.add(key+".username", complaint{"stands beside a token", "keep one of the two"})
	case feed.Username != "" && !password && !f.isBlamed(key+".password_file") && !f.isBlamed(key+".password_env"):
		f.add(key+".password_file", complaint{"missing", "or name an environment variable in password_env"})
	case feed.Username == "" && password:
		f.add(key+".username", complaint{"missing", "a password needs a user; a token is named in token_file"})
	case strings.ContainsAny(feed.Username, ":\r\n"):
		f.add(key+".username", complaint{"has a colon or a line break", "neither can be sent (RFC 7617)"})
	case feed.Username+feed.PasswordFile+feed.PasswordEnv+feed.TokenFile+feed.TokenEnv != "" && strings.HasPrefix(feed.URL, "file:"):
		f.add(key+".url", complaint{"is a file, which asks for no password or token", "remove the one or the other"})
	}
}

// either checks a secret that is in a file or an environment variable.
func (f *findings) either(key, what, file, env string) {
	if file != "" && env != "" {
		f.add(key+"."+what+"_env", complaint{"stands beside " + what + "_file", "keep one of the two"})
	}
	f.add(key+"."+what+"_env", checkEnv(env))
}

func checkSite(name string, sites []Site) complaint {
	var names []string
	for _, s := range sites {
		if s.Name == name && name != "" {
			return complaint{}
		}
		names = append(names, s.Name)
	}
	known := "known: " + strings.Join(names, ", ")
	if len(names) == 0 {
		known = "there is none yet: list them under sites"
	}
	if name == "" {
		return complaint{"missing", known}
	}
	return complaint{fmt.Sprintf("%q is not one of the sites", name), known}
}

// mapping checks how a feed's events name desk and person. Its kind is what
// the owner says about the calendar; fixed parts have to agree:
//
//	kind    desk                                         person
//	desk    fixed                                        fixed, or from the event
//	person  from the event                               fixed
//	site    from the event                               from the event
func (f *findings) mapping(key string, feed Feed) {
	f.add(key+".kind", oneOf(feed.Kind, "desk", "person", "site", "holidays"))
	f.add(key+".trust", oneOf(feed.Trust, "none", "organizer", "invited"))
	if feed.Kind != "site" && feed.Trust != "none" && !f.isBlamed(key+".trust") && !f.isBlamed(key+".kind") {
		f.add(key+".trust", complaint{fmt.Sprintf("means nothing for the calendar of a %s, which is taken at its word", feed.Kind), "remove it"})
	}
	f.add(key+".tentative", oneOf(feed.Tentative, "reserved", "ignored"))
	f.rule(key+".desk", feed.Desk, "event", "location", "resource", "summary-prefix", "fixed")
	f.rule(key+".person", feed.Person, "event", "organizer", "attendee", "summary", "fixed")
	if f.isBlamed(key + ".kind") {
		return
	}
	f.whose(key, feed, "desk")
	f.whose(key, feed, "person")
	if feed.Kind == "site" && feed.Person.From == "fixed" {
		f.add(key+".person", complaint{"is fixed, but the calendar is that of a site", "write kind: person for the calendar of one person"})
	}
}

// whose checks the rule for desk or person, a noun that may be the kind of a feed, too.
func (f *findings) whose(key string, feed Feed, noun string) {
	kind, r, example := feed.Kind, feed.Desk, "D12"
	if noun == "person" {
		r, example = feed.Person, "jdoe"
	}
	switch {
	case f.isBlamed(key+"."+noun+".from") || f.isBlamed(key+"."+noun+".fixed"):
	case kind == noun && r.From != "fixed":
		f.add(key+"."+noun, complaint{
			fmt.Sprintf("is read from the event, but the calendar is that of one %s", noun),
			fmt.Sprintf("write %s: {fixed: %s}, or kind: site", noun, example),
		})
	case noun == "desk" && kind != "desk" && r.From == "fixed":
		f.add(key+".desk", complaint{fmt.Sprintf("is fixed, but the calendar is that of a %s", kind), "write kind: desk for the calendar of one desk"})
	}
}

func (f *findings) rule(key string, r Rule, allowed ...string) {
	f.add(key+".from", oneOf(r.From, allowed...))
	switch {
	case r.From == "fixed":
		f.add(key+".fixed", required(r.Fixed))
	case r.Fixed != "":
		f.add(key+".fixed", complaint{fmt.Sprintf("means nothing beside from: %s", r.From), "remove one of the two"})
	}
	switch {
	case r.Match == "":
	case r.From != "summary":
		f.add(key+".match", complaint{"is for people whom SUMMARY names", "write from: summary, or remove it"})
	default:
		f.add(key+".match", oneOf(r.Match, "name"))
	}
}
