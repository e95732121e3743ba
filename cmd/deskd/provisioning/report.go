package provisioning

import "fmt"

// Grade is how a check has come out.
type Grade string

// The grades.
const (
	OK      Grade = "ok"
	Warning Grade = "warning" // it works, and not in each respect
	Fault   Grade = "fault"   // it will not work
	Unknown Grade = "unknown" // nobody has told
)

// Check is one of the ten.
type Check string

// The checks, in their order. Of a person it is whether the profile that a login takes is
// subscribed to the service.
const (
	Registered     Check = "registered"
	Mobility       Check = "extension mobility"
	LogoutProfile  Check = "logout profile"
	Address        Check = "address"
	WebAccess      Check = "web access"
	Authentication Check = "authentication"
	Controlled     Check = "controlled devices"
	Subscribed     Check = "service"
	Known          Check = "person"
	Profile        Check = "profile"
)

// Checks are all of them, with what each asks.
func Checks() [][2]string {
	return [][2]string{
		{string(Registered), "is the desk's phone known to the cluster, and registered?"},
		{string(Mobility), "may people log in on it?"},
		{string(LogoutProfile), "which device profile has it while nobody is logged in?"},
		{string(Address), "is it known where the phone is, and may deskd connect there?"},
		{string(WebAccess), "does the phone that is meant answer there?"},
		{string(Authentication), "does it ask the cluster about pushes, and was deskd accepted last?"},
		{string(Controlled), "has the user as whom deskd pushes got the phone?"},
		{string(Subscribed), "does the phone show deskd's page, while nobody is logged in and with the profile of each person?"},
		{string(Known), "does the cluster know the person?"},
		{string(Profile), "with which device profile is the person logged in, and does it exist?"},
	}
}

// Row is a check of a desk or of a person.
type Row struct {
	Desk    string `json:"desk,omitempty"`
	Person  string `json:"person,omitempty"`
	Site    string `json:"site,omitempty"` // of the desk
	Cluster string `json:"cluster"`
	Phone   string `json:"phone,omitempty"`
	Check   Check  `json:"check"`
	Grade   Grade  `json:"grade"`
	Says    string `json:"says"`
	// Fix says what to do about it, empty where there is nothing to do.
	Fix string `json:"fix,omitempty"`
}

// finding is how a check has come out.
type finding struct {
	grade     Grade
	says, fix string
}

func ok(format string, args ...any) finding { return finding{OK, fmt.Sprintf(format, args...), ""} }

func warning(fix, format string, args ...any) finding {
	return finding{Warning, fmt.Sprintf(format, args...), fix}
}

func fault(fix, format string, args ...any) finding {
	return finding{Fault, fmt.Sprintf(format, args...), fix}
}

// unknown is what nobody has told.
func unknown(why string) finding { return finding{Unknown, why, ""} }

// Ready counts whose logins will work, as far as was told.
type Ready struct {
	Yes     int `json:"ready"`
	No      int `json:"not_ready"`
	Unknown int `json:"unknown"`
}

// Report is what was found out.
type Report struct {
	Rows           []Row
	Phones, People Ready
}

// Judge judges desks and people, in their order. The clusters are those that they name.
func Judge(desks []Desk, people []Person, clusters map[string]Cluster, s Setting) Report {
	r := Report{Rows: []Row{}}
	for _, d := range desks {
		r.add(judgeDesk(d, clusters[d.Cluster], s))
	}
	for _, p := range people {
		r.add(judgePerson(p, clusters[p.Cluster], s))
	}
	return r
}

// add adds the rows of one desk or person.
func (r *Report) add(rows []Row) {
	r.Rows = append(r.Rows, rows...)
	if rows[0].Desk != "" {
		r.Phones.count(rows)
	} else {
		r.People.count(rows)
	}
}

// Of is what the report says of a cluster.
func (r Report) Of(cluster string) Report {
	one := Report{Rows: []Row{}}
	for all := r.Rows; len(all) > 0; {
		n := 1
		for n < len(all) && all[n].Desk == all[0].Desk && all[n].Person == all[0].Person && all[n].Cluster == all[0].Cluster {
			n++
		}
		if all[0].Cluster == cluster {
			one.add(all[:n])
		}
		all = all[n:]
	}
	return one
}

// needed are the checks without which nobody is logged in.
var needed = map[Check]bool{Registered: true, Mobility: true, Known: true, Profile: true}

// count counts a desk or a person by those of its checks that a login needs.
func (r *Ready) count(rows []Row) {
	grades := make(map[Grade]bool)
	for _, row := range rows {
		if needed[row.Check] {
			grades[row.Grade] = true
		}
	}
	switch {
	case grades[Fault]:
		r.No++
	case grades[Unknown]:
		r.Unknown++
	default:
		r.Yes++
	}
}

// Count is how many rows have each grade.
func (r Report) Count() map[Grade]int {
	n := make(map[Grade]int)
	for _, row := range r.Rows {
		n[row.Grade]++
	}
	return n
}
