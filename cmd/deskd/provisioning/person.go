package provisioning

import (
	"slices"
	"strings"
)

// judgePerson is whether a cluster can log a person in, with which profile, and whether phones
// then show deskd's page.
func judgePerson(p Person, c Cluster, s Setting) []Row {
	row := func(check Check, is finding) Row {
		return Row{Person: p.ID, Cluster: p.Cluster, Check: check, Grade: is.grade, Says: is.says, Fix: is.fix}
	}
	return []Row{row(Known, p.known()), row(Profile, p.profile(c)), row(Subscribed, p.subscribed(c, s))}
}

func (p Person) known() finding {
	switch {
	case !p.User.Known:
		return unknown(p.User.Why)
	case !p.User.Is.Exists && p.Elsewhere != "":
		return warning("add it in User Management > End User, if the person is to have desks of this cluster", "the phone system does not know this user; that of cluster %s does", p.Elsewhere)
	case !p.User.Is.Exists:
		return fault("correct the user id (deskd import people), or add it in User Management > End User", "the phone system does not know this user")
	}
	return ok("the phone system knows this user")
}

// profile is the one that a login takes: the one that deskd names, else the default one, else the
// only one.
func (p Person) profile(c Cluster) finding {
	const control = ", Extension Mobility: "
	user := "User Management > End User > " + p.ID
	takes, u := p.Takes(), p.User.Is
	switch {
	case !p.User.Known:
		return unknown(p.User.Why)
	case !u.Exists:
		return unknown("the phone system does not know this user")
	case takes == "" && len(u.Profiles) == 0:
		return fault(user+control+"add a device profile to the Controlled Profiles; or name one in the column profile of people.csv", "the user has no device profile: each login is refused")
	case takes == "":
		return warning(user+control+"choose a Default Profile; or name one in the column profile of people.csv",
			"ambiguous: none of %s is the default, and people.csv names none", strings.Join(u.Profiles, ", "))
	}
	model, exists := p.model(c, takes)
	own := slices.ContainsFunc(u.Profiles, func(q string) bool { return strings.EqualFold(q, takes) })
	switch {
	case c.Profiles.Known && !exists:
		return fault("correct the column profile of people.csv, or add it in Device > Device Settings > Device Profile", "there is no device profile %s, which a login would take", takes)
	case !own:
		return warning(user+control+"add it to the Controlled Profiles, or correct the column profile of people.csv",
			"a login takes %s, which is named in people.csv and is not among the user's", takes)
	}
	return ok("a login takes %s%s", takes, model)
}

// model is what a profile is for, and whether the cluster has it.
func (p Person) model(c Cluster, profile string) (model string, exists bool) {
	of, exists := c.Profiles.Is[strings.ToUpper(profile)]
	if of != "" {
		of = " (" + of + ")"
	}
	return of, exists
}

func (p Person) subscribed(c Cluster, s Setting) finding {
	takes := p.Takes()
	told := p.Subscribed
	if takes == "" && !told.Known && told.Why == "" {
		told.Why = "which profile a login takes is not known"
	}
	return subscription{told, "the profile " + takes, "Device > Device Settings > Device Profile > " + takes}.judge(c, s)
}
