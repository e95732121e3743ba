package configs

// Config is the whole configuration. [Default] has the values of keys a file
// leaves out; the zero Config is useless. Paths are as the program can open
// them, relative ones already resolved against the folder of the file.
type Config struct {
	Database Database  `yaml:"database"`
	Listen   string    `yaml:"listen"` // host:port of pages, metrics and health; no host means every address
	TLS      TLS       `yaml:"tls"`    // the same by TLS, beside Listen
	Pages    string    `yaml:"pages"`  // who may read the pages: "open", "token" or "proxy"
	Hosts    []string  `yaml:"hosts"`  // names by which browsers may call the pages, besides localhost and addresses
	Sites    []Site    `yaml:"sites"`
	Clusters []Cluster `yaml:"clusters"`
	Feeds    []Feed    `yaml:"feeds"`
	// DenyNetworks are CIDRs that no feed's server may be in: internal networks with
	// public addresses, such as an office's own range.
	DenyNetworks []string  `yaml:"deny_networks"`
	Phones       Phones    `yaml:"phones"`
	Policy       Policy    `yaml:"policy"`
	Brake        Brake     `yaml:"brake"`
	Jobs         Jobs      `yaml:"jobs"`
	Retention    Retention `yaml:"retention"`
	Log          Log       `yaml:"log"`

	source source // where the keys are, for the checks that come after reading
}

// The values of [Config.Pages]. The pages say who sits where, so that they are open on this
// machine alone.
const (
	PagesOpen  = "open"  // to all who reach them
	PagesToken = "token" // to those with a token that may see phones
	PagesProxy = "proxy" // to all who reach them: a proxy before them signs people in
)

// TLS is where deskd is reached by TLS, and the certificate that it shows there. The files are
// read again whenever they change.
type TLS struct {
	Listen   string `yaml:"listen"`    // host:port as that of [Config.Listen], "" for nowhere
	CertFile string `yaml:"cert_file"` // PEM: the certificate, and behind it those that lead to its authority
	KeyFile  string `yaml:"key_file"`  // PEM: its key
}

// Site is a building or campus with one wall clock.
type Site struct {
	Name     string `yaml:"name"`
	Timezone string `yaml:"timezone"` // IANA name that time.LoadLocation knows
	Rules    Rules  `yaml:"rules"`
	Zones    []Zone `yaml:"zones"` // what is otherwise in parts of it; a later one goes before an earlier one
}

// Cluster is one phone system and how much may be asked of it. Exactly one of
// AppPasswordFile and AppPasswordEnv is set. CAFile and PinSHA256 must both
// hold when both are given; with neither, the machine's own certificate
// authorities decide.
type Cluster struct {
	Name              string            `yaml:"name"`
	URL               string            `yaml:"url"`           // of the EM service; https, or http to this machine
	FailoverURLs      []string          `yaml:"failover_urls"` // of the cluster's other EM nodes, in the order they are tried
	AppID             string            `yaml:"app_id"`
	AppPasswordFile   string            `yaml:"app_password_file"`
	AppPasswordEnv    string            `yaml:"app_password_env"` // name of an environment variable
	CAFile            string            `yaml:"ca_file"`          // PEM
	PinSHA256         []string          `yaml:"pin_sha256"`       // SHA-256 of public keys (SPKI), base64 or hex; one must match
	Devices           []string          `yaml:"devices"`          // kinds of device names: SEP, ATA, CSF, BOT, TCT, TAB, custom:REGEX
	EncodeIDs         bool              `yaml:"encode_ids"`       // user ids are sent percent-encoded
	MultipleLogin     string            `yaml:"multiple_login"`   // not-allowed, allowed, auto-logout: the phone system's Multiple Login Behavior
	MaxConcurrent     int               `yaml:"max_concurrent"`   // logins and logouts under way at once at most, at least 1
	MaxPerMinute      int               `yaml:"max_per_minute"`   // logins and logouts begun per minute, at least 1
	ExclusiveDuration ExclusiveDuration `yaml:"exclusive_duration"`
	EMLoginURL        string            `yaml:"em_login_url"` // of the service by which people log in at a phone; #DEVICENAME# stands for its name
	Inventory         Inventory         `yaml:"inventory"`
}

// ExclusiveDuration says how a login asks for its length. Cisco's documents
// disagree on the unit: where sessions end much too early, it is seconds.
type ExclusiveDuration struct {
	Mode string   `yaml:"mode"` // "timed", or "indefinite": Unit and Pad are then unused
	Unit string   `yaml:"unit"` // "minutes" or "seconds"
	Pad  Duration `yaml:"pad"`  // added to the rest of the booking
}

// Feed is one calendar and how its events name desk and person.
type Feed struct {
	Name  string   `yaml:"name"`
	URL   string   `yaml:"url"`   // http, https, file:PATH, caldav+http or caldav+https
	Every Duration `yaml:"every"` // between two polls, at least a second
	Site  string   `yaml:"site"`  // name of one of the sites
	// Kind is "desk" (the calendar of one desk, which is fixed), "person" (that of
	// one person, who is fixed) or "site". A file that leaves it out says it by
	// what it fixes.
	Kind   string `yaml:"kind"`
	Desk   Rule   `yaml:"desk"`
	Person Rule   `yaml:"person"`
	// Tentative says whether a desk that has not accepted yet is "reserved" or
	// "ignored"; what a file leaves out is "reserved" for kind desk.
	Tentative  string `yaml:"tentative"`
	FreeCounts bool   `yaml:"free_counts"` // all-day events marked as free book their desk
	Window     Window `yaml:"window"`
	// Trust says what the server of a kind site feed guarantees: "none",
	// "organizer" (it sets ORGANIZER) or "invited" (it delivers invitations and sets
	// the desk's answer).
	Trust string `yaml:"trust"`
	// AllowDesks are shell patterns (path.Match) of desk ids, AllowPeople of user
	// ids, or "@group"; empty allows all.
	AllowDesks  []string `yaml:"allow_desks"`
	AllowPeople []string `yaml:"allow_people"`
	// EventDesks is the most desks one event may book, PersonDesks the most one
	// person may have at the same time.
	EventDesks  int `yaml:"event_desks"`
	PersonDesks int `yaml:"person_desks"`
	// AllowNetworks are CIDRs the feed's server may be in beyond the public
	// internet. Only a server in one of them may be reached by http.
	AllowNetworks []string `yaml:"allow_networks"`
	// With Username, one of PasswordFile and PasswordEnv is set; without it, at
	// most one of TokenFile and TokenEnv.
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	PasswordEnv  string `yaml:"password_env"`
	TokenFile    string `yaml:"token_file"` // a bearer token, which its file may change at any time
	TokenEnv     string `yaml:"token_env"`
	// CAFile and PinSHA256 are as those of a cluster.
	CAFile    string   `yaml:"ca_file"`
	PinSHA256 []string `yaml:"pin_sha256"`
}

// Rule says which part of an event names a desk or person. From is never empty
// after reading; Fixed is set exactly when From is "fixed".
type Rule struct {
	From  string `yaml:"from"`
	Fixed string `yaml:"fixed"`
	// Match widens what names a person in SUMMARY: "name" takes a display name or
	// alias that one person alone has, besides user id and mail address.
	Match string `yaml:"match"`
}

// Window is the stretch of a calendar that is read, around now.
type Window struct {
	Back  Duration `yaml:"back"`
	Ahead Duration `yaml:"ahead"` // longer than the time between two polls
}

// Phones says how phones reach what deskd shows on them.
type Phones struct {
	// BaseURL is the address before the path of a page, by http, or by https where TLS is
	// listened for, "" for none. It is never taken from a request: firmware is known to send a
	// wrong Host.
	BaseURL string `yaml:"base_url"`
	// PlainURL is the address by http beside a BaseURL by https, for phones that do not come
	// through by TLS; "" for none.
	PlainURL string `yaml:"plain_url"`
	// Networks are CIDRs that phones are in. Without any, nothing is shown to anyone.
	Networks []string `yaml:"networks"`
	// BelieveNames has what says by its DeviceInformationX which phone it is be believed, where
	// no inventory knows where that phone is.
	BelieveNames bool `yaml:"believe_names"`
	// Colleagues is the group of the people whose desk others may look up at a phone, as
	// "@group"; "" shows nobody's.
	Colleagues string `yaml:"colleagues"`
	// ClearHistory clears the list of calls of a phone after a session that deskd has ended.
	ClearHistory bool `yaml:"clear_history"`
	// IdleLogout ends sessions outside bookings at phones that nobody touches.
	IdleLogout IdleLogout `yaml:"idle_logout"`
	// Notices are what people are told on their phones. They are where Push is set, and
	// Networks.
	Notices Notices `yaml:"notices"`
	Push    Push    `yaml:"push"`
}

// Policy decides what is done about what phones show. The values of the four
// words are those of the policy table in deskd.yaml.
type Policy struct {
	Ready     Duration `yaml:"ready"` // how long before the start a login is due
	Lead      Duration `yaml:"lead"`  // how long before the start it may go out; not less than Ready
	Grace     Duration `yaml:"grace"` // from the end of a booking to its logout
	Relogin   string   `yaml:"relogin"`
	Stranger  string   `yaml:"stranger"`
	Walkups   string   `yaml:"walkups"`
	Elsewhere string   `yaml:"elsewhere"`
	MinLeft   Duration `yaml:"min_left"` // nobody is logged in for less
	End       End      `yaml:"end"`
}

// End is what the end of a booking waits for.
type End struct {
	WaitForCall Duration `yaml:"wait_for_call"` // at most; 0 not at all
}

// Brake is how much may be taken away, or added, at once before a person is asked: of
// the bookings of a feed in one change, and of a cluster's sessions by other programs
// in ten minutes. A share or a count, whichever is more.
type Brake struct {
	Share float64 `yaml:"share"` // 0 to 1
	Count int     `yaml:"count"`
	Added int     `yaml:"added"` // as Count, of the bookings that a feed adds
}

// Jobs are the times of the periodic work: five cron fields, or a descriptor
// such as "@every 5m", in the zone of the first site, for all of them.
type Jobs struct {
	Sweep   string `yaml:"sweep"`
	Nightly string `yaml:"nightly"`
}

// Retention says how long old data is kept.
type Retention struct {
	People Duration `yaml:"people"` // names in reservations that are over and all that tells of them, at least two days
	// Reservations that are over, at least as long as People: after it, their counts alone.
	Reservations Duration `yaml:"reservations"`
	Attempts     Duration `yaml:"attempts"` // rows of the journal, at least a day
	Audit        Duration `yaml:"audit"`    // rows of the audit, at least a day
}

// Log says what is logged, and how.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn or error
	Format string `yaml:"format"` // text or json
}

// defaults are the values of keys a file leaves out: of the whole, and of each
// entry in the lists of clusters and feeds.
var defaults = struct {
	config  Config
	cluster Cluster
	feed    Feed
}{
	config: Config{
		Database: Database{Driver: driverSQLite, DSN: "deskd.db"},
		Listen:   "127.0.0.1:8484",
		Pages:    PagesOpen,
		Policy: Policy{
			Ready: 20 * second, Lead: 10 * minute, Grace: 0,
			Relogin: "always", Stranger: "takeover", Walkups: "leave", Elsewhere: "move",
			MinLeft: 5 * minute,
		},
		Phones:    Phones{Notices: Notices{BeforeEnd: []Duration{15 * minute, 5 * minute}, Moved: true, Next: true}},
		Brake:     Brake{Share: 0.25, Count: 5, Added: 200},
		Jobs:      Jobs{Sweep: "@every 5m", Nightly: "0 3 * * *"},
		Retention: Retention{People: 30 * 24 * hour, Reservations: 180 * 24 * hour, Attempts: 180 * 24 * hour, Audit: 180 * 24 * hour},
		Log:       Log{Level: "info", Format: "text"},
	},
	cluster: Cluster{
		Devices:       []string{"SEP", "ATA"},
		MultipleLogin: "not-allowed",
		MaxConcurrent: 2, MaxPerMinute: 60,
		ExclusiveDuration: ExclusiveDuration{Mode: "timed", Unit: "minutes", Pad: 5 * minute},
		Inventory:         Inventory{Every: 10 * minute, AXL: AXLService{Version: "14.0"}},
	},
	feed: Feed{
		Every:     5 * minute,
		Kind:      "site",
		Desk:      Rule{From: "event"},
		Person:    Rule{From: "event"},
		Tentative: "ignored", Trust: "none",
		Window: Window{Back: 24 * hour, Ahead: 60 * 24 * hour},

		EventDesks: 20, PersonDesks: 20,
	},
}

// Default returns the configuration of an empty file: no sites, clusters or
// feeds, and the default of every other key.
func Default() Config { return defaults.config }
