package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"html"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"deskd/cmd/deskd/logs"
	"deskd/scheduler/guard"
	"deskd/scheduler/plan"

	"deskd/emapi/emulator"
	census "deskd/phone/inventory/emulator"
	"deskd/reservations"
	"deskd/store"
	"deskd/web/view"
)

var update = flag.Bool("update", false, "write the table of docs/operations.md")

// degradation is a state in which deskd does less than it should, and how a test
// brings it about. What is in the first block also stands in docs/operations.md.
type degradation struct {
	kind view.Kind
	when string // in words
	said string // level and message of the one line when it begins, empty for none
	over string // the same when it is over

	of     string         // the cluster or feed
	text   string         // of the banner, a part
	status int            // of /readyz, 0 for 200
	config string         // more of it
	cold   bool           // begin comes before the daemon's start
	begin  func(h *house) // brings it about
	within time.Duration  // until it shows
	beside string         // the test that brings it about, where it takes several nodes
	lasts  time.Duration  // it is over by itself after that, 0 for never
	fix    func(h *house) // ends it; nil for what ends by itself, or never
}

const day = 24 * time.Hour

var degradations = []degradation{
	{
		kind: view.KindStarting, when: "deskd has just started and has not asked about every phone",
		of: "main", text: "has not been asked about every phone yet", status: 503, cold: true, within: time.Second, lasts: time.Minute,
		begin: func(h *house) {
			h.fault(emulator.Fault{Op: "deviceUserQuery", Action: emulator.Delay, Delay: 8 * time.Second})
		},
		fix: func(h *house) { h.phones.ClearFaults() },
	}, {
		kind: plan.KindPaused, when: "a cluster was paused by hand",
		said: "INFO cluster is paused: nothing is sent to its phones", over: "INFO cluster is resumed",
		of: "main", text: "Paused by daemon (new wiring). deskd resume main lets it go on.", within: 2 * time.Minute,
		begin: func(h *house) {
			h.as(func(ctx context.Context, st *store.Store) error {
				_, err := st.PauseClusters(ctx, []string{"main"}, "new wiring", time.Now())
				return err
			})
		},
		fix: func(h *house) {
			h.as(func(ctx context.Context, st *store.Store) error {
				_, err := st.ResumeClusters(ctx, []string{"main"})
				return err
			})
		},
	}, {
		kind: plan.KindRefused, when: "the phone system refuses deskd, its password say",
		said: "ERROR phone system refuses deskd: nothing but a question every 15 minutes is sent to it",
		over: "INFO the credentials that were refused have changed: phone system is asked again",
		of:   "main", text: "; nothing is sent to it for another", within: 6 * time.Minute,
		begin: func(h *house) { h.phones.Change(func(o *emulator.Options) { o.Password = "another" }) },
		fix:   func(h *house) { h.write("em-password", "another") },
	}, {
		kind: plan.KindUnanswered, when: "deskd has ended twice before it knew whether its password is refused",
		said: "ERROR phone system is not asked yet: the answer to deskd's first question was lost again and again",
		over: "INFO phone system answers again",
		of:   "main", text: "is not asked for another", status: 503, cold: true, within: time.Second, lasts: 11 * time.Minute,
		begin: func(h *house) {
			h.ok(h.store.SaveClusterState(h.t.Context(), guard.ClusterState{Cluster: "main", Refusals: guard.Refusals{Tries: 2, Tried: time.Now()}}))
		},
	}, {
		kind: plan.KindCertificate, when: "the phone system's certificate is not accepted",
		said: "ERROR phone system is not trusted: its phones are held until its certificate, or what deskd knows of it, is corrected",
		over: "INFO phone system answers again",
		of:   "main", text: "its certificate is not accepted", within: 6 * time.Minute,
		begin: func(h *house) { h.phones.Change(func(o *emulator.Options) { o.Certificate = emulator.Expired }) },
		fix: func(h *house) {
			h.phones.Change(func(o *emulator.Options) { o.Certificate = emulator.GoodCertificate })
		},
	}, {
		kind: plan.KindSilent, when: "no node of the phone system answers",
		said: "WARN phone system does not answer: its phones are held", over: "INFO phone system answers again",
		of: "main", text: "Cluster main does not answer.", within: 6 * time.Minute,
		begin: func(h *house) { h.cut(true, "cucm1:8443", "cucm2:8443") },
		fix:   func(h *house) { h.cut(false, "cucm1:8443", "cucm2:8443") },
	}, {
		kind: plan.KindNode, when: "a node of the phone system does not answer, and others stand in for it",
		said: "WARN node does not answer: others stand in for it", over: "INFO node is back in use",
		of: "main", text: "cucm1:8443", within: 6 * time.Minute,
		begin: func(h *house) { h.cut(true, "cucm1:8443") },
		fix:   func(h *house) { h.cut(false, "cucm1:8443") },
	}, {
		kind: plan.KindDatabaseWrite, when: "the database cannot be read or written: the disk is full, or read-only",
		said: "ERROR database cannot be read or written: its phones are held", over: "INFO database can be read and written again",
		of: "main", text: "the database cannot be read or written", within: 6 * time.Minute,
		begin: func(h *house) {
			h.exec("CREATE TRIGGER full BEFORE INSERT ON observations BEGIN SELECT RAISE(ABORT, 'no room'); END")
		},
		fix: func(h *house) { h.exec("DROP TRIGGER full") },
	}, {
		kind: plan.KindLate, when: "more logins and logouts are due than `max_per_minute` lets through in a minute",
		said: "WARN more logins and logouts are due than may be sent within a minute: they are late", over: "INFO logins and logouts are on time again",
		of: "main", text: "logins and logouts wait", config: "max_per_minute: 2", within: time.Minute, lasts: 5 * time.Minute,
		begin: func(h *house) { h.book(2 * time.Hour) },
	}, {
		kind: plan.KindUnknownDevice, when: "the phone system does not know the phone of a desk",
		said: "ERROR phone system does not know the phones of these desks: correct their device names, or add the phones to it",
		over: "INFO phone system knows every desk's phone",
		of:   "main", text: "Correct the device name of D6", within: 6 * time.Minute,
		begin: func(h *house) { h.phones.RemoveDevice("SEP000000000006") },
		fix:   func(h *house) { h.phones.AddDevice("SEP000000000006") },
	}, {
		kind: plan.KindNoAnswer, when: "the phone system says nothing about the phone of a desk",
		said: "WARN phone system says nothing about the phones of these desks", over: "INFO phone system says something about every desk's phone",
		of: "main", text: "The phones of D6 stay as they are.", within: 6 * time.Minute,
		begin: func(h *house) {
			h.fault(emulator.Fault{Op: "deviceUserQuery", Device: "SEP000000000006", Action: emulator.Omit})
		},
		fix: func(h *house) { h.phones.ClearFaults() },
	}, {
		kind: plan.KindTriesFailed, when: "logins or logouts come to nothing at the phone of a desk three times in a row, or ten times in a row at any phones of the cluster",
		said: "ERROR logins or logouts come to nothing again and again at the phones of these desks: deskd explain says why",
		over: "INFO no phone of a desk fails again and again any more",
		of:   "main", text: "what was answered at D2", within: 15 * time.Minute,
		begin: func(h *house) {
			h.fault(emulator.Fault{Op: "login", Device: "SEP000000000002", Action: emulator.Pretend})
			h.book(4 * time.Hour)
		},
		fix: func(h *house) { h.phones.ClearFaults() },
	}, {
		kind: plan.KindClock, when: "the clock has jumped, and is not believed for two minutes; or phones wait for it, because it has jumped, or is not the phone system's",
		said: "ERROR clock has jumped: what is due only by that waits", over: "INFO clock has stayed where it jumped to, and counts",
		of: "main", text: "the clock is in doubt", within: 20 * time.Second, lasts: 3 * time.Minute,
		begin: func(h *house) { h.moved.Add(int64(10 * time.Minute)) },
	}, {
		kind: plan.KindFeeds, when: "a feed has never been read, or not since the database was restored: walk-ups, strangers and moves wait for it",
		said: "ERROR feeds have never been read: walk-ups, strangers and moves wait for them", over: "INFO every feed has been read",
		of: "main", text: "wait for 1 feed that was never read", cold: true, within: 2 * time.Minute,
		begin: func(h *house) { h.ok(os.Remove(h.path("hall.ics"))) },
		fix:   func(h *house) { h.write("hall.ics", h.calendar(10)) },
	}, {
		kind: plan.KindUnit, when: "sessions end after as many seconds as minutes were asked for",
		said: "ERROR the unit of the sessions looks wrong", over: "INFO the unit of the sessions has been changed",
		of: "main", text: "the unit of its sessions looks wrong", within: 30 * time.Minute,
		begin: func(h *house) {
			h.phones.Change(func(o *emulator.Options) { o.TimeUnit = time.Second })
			h.book(3 * time.Hour)
		},
		fix: func(h *house) { h.reconfigure("exclusive_duration: {unit: seconds}") },
	}, {
		kind: plan.KindSessionsLost, when: "many sessions have vanished together, and are begun again",
		said: "ERROR sessions have vanished together: the people are logged in again at the cluster's rate",
		over: "INFO sessions that vanished together are back",
		of:   "main", text: "has lost many sessions at once", within: 6 * time.Minute, lasts: 5 * time.Minute,
		begin: func(h *house) {
			h.book(2 * time.Hour)
			time.Sleep(20 * time.Minute)
			h.phones.SwitchVersion()
		},
	}, {
		kind: plan.KindHeldLogouts, when: "many bookings were cut short at once: the logouts wait for a person, or for the end each booking had",
		said: "ERROR many bookings were cut short at once: their people stay logged in until a person has looked (deskd logouts show), or to the end they had",
		over: "INFO no logouts are held any more",
		of:   "main", text: "6 people stay logged in", within: 2 * time.Minute, lasts: 2 * time.Hour,
		begin: func(h *house) {
			h.book(2 * time.Hour)
			time.Sleep(10 * time.Minute)
			h.exec("UPDATE reservations SET status = 'cancelled' WHERE source = 'cli'")
		},
	}, {
		kind: view.KindStuck, when: "the rounds of a cluster stand still, by a fault of deskd's own",
		said: "ERROR rounds stand still: deskd has to be started again, which a watchdog does", over: "INFO rounds go on again",
		of: "main", text: "its last round was", within: 12 * time.Minute,
		begin: (*house).freeze,
		fix:   (*house).thaw,
	}, {
		kind: view.KindUndriven, when: "no node drives a cluster, of several that share a server: each node's page says why that one cannot",
		said: "ERROR nobody has a duty: no node takes it", over: "INFO a node has the duty again",
		of: "main", beside: "TestNobodyDrives", // cmd/deskd/daemon
	}, {
		kind: view.KindSettings, when: "another node that runs on the database is configured otherwise: what is done depends on which of them does it",
		said: "WARN another node is configured otherwise", over: "INFO the other node is configured as this one, or has ended",
		of: "b", beside: "TestUnlikeNodes", // cmd/deskd/daemon
	}, {
		kind: view.KindFeed, when: "a feed could not be read in three polls: its bookings are out of date",
		said: "ERROR feed cannot be read: its bookings stay as they were, and are out of date", over: "INFO feed is read again",
		of: "hall", text: "Feed hall was last read", within: 20 * time.Minute,
		begin: func(h *house) { h.ok(os.Remove(h.path("hall.ics"))) },
		fix:   func(h *house) { h.write("hall.ics", h.calendar(10)) },
	}, {
		kind: view.KindHeld, when: "a feed drops or adds many bookings at once: they wait for a person, or for half an hour",
		said: "ERROR feed drops many bookings at once: the change is held until a person decides", over: "INFO feed is read again",
		of: "hall", text: "Feed hall would drop 9 bookings at once", within: 6 * time.Minute, lasts: 45 * time.Minute,
		begin: func(h *house) { h.write("hall.ics", h.calendar(1)) },
	}, {
		kind: view.KindRejected, when: "a feed is not followed, for its change was rejected",
		said: "WARN feed is not followed: its change is rejected", over: "INFO feed is read again",
		of: "hall", text: "Feed hall is not followed", within: 6 * time.Minute,
		begin: func(h *house) {
			h.write("hall.ics", h.calendar(1))
			time.Sleep(6 * time.Minute)
			h.as(func(ctx context.Context, st *store.Store) error {
				_, err := st.AnswerHeld(ctx, store.HeldAnswer{Feed: "hall", Answer: reservations.Rejected}, time.Now())
				return err
			})
		},
		fix: func(h *house) { h.write("hall.ics", h.calendar(10)) },
	}, {
		kind: view.KindUnread, when: "events of a feed are not understood, or name no desk or person that is known",
		said: "WARN feed has events that are not understood: what they booked stays as it was, nobody is logged in for what is new", over: "INFO feed is understood again",
		of: "hall", text: "2 events were not understood", within: 6 * time.Minute,
		begin: func(h *house) {
			h.write("hall.ics", strings.Replace(h.calendar(10), "LOCATION:D1", "LOCATION:D99", 2))
		},
		fix: func(h *house) { h.write("hall.ics", h.calendar(10)) },
	}, {
		kind: view.KindNoFeed, when: "a feed was taken out of the configuration, or has another name there, and its bookings are not over",
		said: "ERROR feed is not configured: nobody is logged in for its bookings", over: "INFO feed is configured again, or has no bookings left",
		of: "hall", text: "Feed hall is not in the configuration: nobody is logged in for its 10 bookings.", within: 2 * time.Minute,
		begin: func(h *house) { h.rename("name: hall", "name: lobby") },
		fix: func(h *house) {
			h.as(func(ctx context.Context, st *store.Store) error {
				_, err := st.RenameFeed(ctx, store.FeedRename{From: "hall", To: "lobby", Since: time.Now().Add(-day)}, time.Now())
				return err
			})
		},
	}, {
		kind: view.KindNoCluster, when: "desks name a cluster that the configuration does not have: it was renamed or taken out",
		said: "ERROR cluster is not configured: the phones of its desks are not driven", over: "INFO cluster is configured again, or has no desks left",
		of: "main", text: "Cluster main is not in the configuration: the phones of its 6 desks are not driven.", within: 2 * time.Minute,
		begin: func(h *house) { h.rename("name: main", "name: core") },
		fix:   func(h *house) { h.rename("name: main", "name: main") },
	}, {
		kind: view.KindNoSite, when: "desks name a site that the configuration does not have: their times are shown in another zone",
		said: "WARN site is not configured: the times of its desks are shown in another zone", over: "INFO site is configured again, or has no desks left",
		of: "berlin", text: "Site berlin is not in the configuration: the times of its 6 desks are shown in the zone Europe/Berlin.", within: 2 * time.Minute,
		begin: func(h *house) { h.rename("berlin", "hq") },
		fix:   func(h *house) { h.rename("berlin", "berlin") },
	}, {
		kind: view.KindEmpty, when: "a cluster of the configuration has no desks",
		said: "WARN cluster has no desks", over: "INFO cluster has desks",
		of: "main", text: "Cluster main has no desks.", within: 2 * time.Minute,
		begin: func(h *house) { h.exec("UPDATE desks SET cluster = 'core'") },
		fix:   func(h *house) { h.exec("UPDATE desks SET cluster = 'main'") },
	}, {
		kind: view.KindInventory, when: "RISPort70 or AXL of a cluster does not answer: where its phones are stays as it was known",
		said: "WARN inventory is not answered: where phones are stays as it was known", over: "INFO inventory is answered again",
		of: "main", text: "RISPort70 of cluster main does not say where phones are", within: 3 * time.Minute,
		config: `inventory: {every: 1m, ris: {url: "https://services:8443/realtimeservice2/services/RISService70", user: deskd, password_file: em-password}}`,
		begin:  func(h *house) { h.services.Fail(census.Faults{Status: 401}) },
		fix:    func(h *house) { h.services.Fail(census.Faults{}) },
	}, {
		kind: view.KindIgnored, when: "reservations name a desk or person that is not known, or a desk that is taken",
		said: "WARN reservations are not acted on: the page lists them", over: "INFO every reservation is acted on",
		text: "1 reservation is not acted on.", within: 2 * time.Minute,
		begin: func(h *house) {
			at := func(days int) string { return time.Now().AddDate(0, 0, days).UTC().Format("2006-01-02T15:04:05Z") }
			h.exec("INSERT INTO reservations (id, desk, person, starts_at, ends_at) VALUES ('r', 'D2', 'stranger', ?, ?)", at(3), at(4))
		},
		fix: func(h *house) { h.exec("UPDATE reservations SET status = 'cancelled' WHERE id = 'r'") },
	}, {
		kind: view.KindConfig, when: "a configuration was to be read again and is wrong",
		said: "ERROR configuration refused, the one from before stays", over: "INFO configuration applied",
		text: "the one from before is in force", within: time.Minute,
		begin: func(h *house) { h.reconfigure("colour: blue") },
		fix:   func(h *house) { h.reconfigure("max_concurrent: 2") },
	}, {
		kind: view.KindOwnCertificate, when: "the certificate that is shown to those who come by TLS ends within 14 days; or it has ended, or is not for the name by which phones come: then the log begins with an error",
		said: "WARN certificate of the pages ends soon: renew it", over: "INFO certificate of the pages is good",
		text: "Pages by TLS: the certificate ends at ", within: 20 * time.Second,
		begin: func(h *house) { h.certify(13 * day) },
		fix:   func(h *house) { h.certify(90 * day) },
	}, {
		kind: view.KindOwnCertificateFiles, when: "the files of that certificate have changed, and cannot be used: the one from before is shown",
		said: "ERROR certificate of the pages cannot be read again: the one from before is shown", over: "INFO certificate of the pages taken in",
		text: "The certificate of the pages was to be read again and cannot be used", within: 30 * time.Second,
		begin: func(h *house) { h.write("page.key", "none") },
		fix:   func(h *house) { h.certify(90 * day) },
	}, {
		kind: view.KindCheck, when: "the database is large, and still being read from end to end since the start",
		said: "INFO database check goes on beside the daemon: nothing is removed until it is through", over: "INFO database checked",
		text: "The database check is under way", cold: true, within: time.Minute,
		begin: func(h *house) { h.check = make(chan error) },
		fix:   func(h *house) { close(h.check) },
	}, {
		kind: view.KindReplaced, when: "the database was removed, moved or replaced under the daemon, which ends after a minute unless it is put back",
		said: "ERROR database is not the one that was opened: nothing is sent, and deskd stops unless it is put back", over: "INFO database is back at its place",
		text: "The database is not at its place any more", within: 10 * time.Second, lasts: 50 * time.Second,
		begin: func(h *house) {
			h.ok(os.Rename(h.path("deskd.db"), h.path("elsewhere.db")))
			h.write("deskd.db", "")
		},
		fix: func(h *house) { h.ok(os.Rename(h.path("elsewhere.db"), h.path("deskd.db"))) },
	}, {
		kind: view.KindAudit, when: "the audit is not as it was written; looked at when deskd starts and by the nightly job",
		said: "ERROR audit is not as it was written: deskd audit verify says more", over: "INFO audit is as it was written again",
		text: "The audit is not as it was written, from row 1 on.", within: 2 * time.Hour,
		begin: func(h *house) {
			h.past("audit_is_append_only_update", "UPDATE audit SET verb = verb || '!' WHERE id = 1")
		},
		fix: func(h *house) {
			h.past("audit_is_append_only_update", "UPDATE audit SET verb = rtrim(verb, '!') WHERE id = 1")
		},
	}, {
		kind: view.KindSchema, when: "another program has changed deskd's tables or triggers",
		said: "ERROR schema of the database was changed: deskd doctor says more", over: "INFO schema of the database is as deskd made it again",
		text: "The schema of the database was changed: trigger theirs on reservations is not deskd's.", within: 2 * time.Minute,
		begin: func(h *house) {
			h.exec("CREATE TRIGGER theirs AFTER INSERT ON reservations BEGIN DELETE FROM pauses; END")
		},
		fix: func(h *house) { h.exec("DROP TRIGGER theirs") },
	}, {
		kind: view.KindLog, when: "nothing reads the log, so that its lines are dropped; phones are driven as before",
		over: "WARN log lines dropped: nobody has read them in time",
		text: "Lines of the log are dropped", cold: true, within: time.Minute,
		begin: func(h *house) {
			h.unread = make(chan struct{})
			h.pipe = logs.NewPipe(hungReader{h}, 1000)
			h.book(2 * time.Hour)
		},
		fix: func(h *house) { close(h.unread) },
	}, {
		kind: view.KindAdopted, when: "the database was restored, accepted or taken over without its marker within the last day",
		said: "WARN the database has no marker: everyone on a phone now counts as a walk-up",
		text: "The database had no marker and was taken over at", cold: true, within: time.Minute, lasts: day + time.Minute,
		begin: func(h *house) {
			h.ok(h.store.Close())
			h.ok(os.Remove(h.path("deskd.db.marker")))
			h.open()
		},
	}, {
		kind: view.KindDatabase, when: "the database does not answer: page and `/readyz` say so with status 503, and no other kind is known",
		said: "ERROR database does not answer: page and readiness fail", over: "INFO database answers again",
		text: "The database does not answer.", status: 503, within: time.Minute,
		begin: func(h *house) { h.back = h.take("people") },
		fix:   func(h *house) { h.back() },
	},
}

func (h *house) fault(f emulator.Fault) {
	h.t.Helper()
	_, err := h.phones.AddFault(f)
	h.ok(err)
}

func (h *house) cut(cut bool, hosts ...string) {
	for _, host := range hosts {
		h.lines[host].cut.Store(cut)
	}
}

// configured is the configuration with a line more about the cluster.
func (h *house) configured(line string) string {
	return strings.Replace(h.config, "    ca_file: cucm.pem\n", "    ca_file: cucm.pem\n    "+line+"\n", 1)
}

func (h *house) reconfigure(line string) {
	h.write("deskd.yaml", h.configured(line))
	h.reload <- syscall.SIGHUP
}

// rename has the daemon read a configuration in which something is called
// otherwise.
func (h *house) rename(was, is string) {
	h.write("deskd.yaml", strings.ReplaceAll(h.config, was, is))
	h.reload <- syscall.SIGHUP
}

// shows holds the four faces of a state against each other, and reports whether
// it is there on all of them, or on none.
func (h *house) shows(d degradation) (shown bool) {
	h.t.Helper()
	if status, body := h.get("/healthz"); status != 200 || !strings.Contains(body, `"status":"ok"`) {
		h.t.Errorf("/healthz: %d %s", status, body)
	}
	status, ready := h.get("/readyz")
	_, page := h.get("/")
	_, metrics := h.get("/metrics")
	metric := strings.Contains(metrics, fmt.Sprintf("deskd_degraded{kind=%q,of=%q} 1\n", d.kind, d.of))
	banner := strings.Contains(html.UnescapeString(page), d.text)
	degraded := strings.Contains(ready, `"status":"degraded"`) || status == 503
	if metric != banner || metric && (!degraded || status != max(200, d.status)) {
		h.t.Errorf("%s: metric %v, banner %v, /readyz %d %s", time.Now().Format(time.DateTime), metric, banner, status, ready)
	}
	return metric && banner
}

// until waits for a state to begin or to end.
func (h *house) until(d degradation, shown bool, within time.Duration) {
	h.t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(max(200*time.Millisecond, within/2000)) {
		_, metrics := h.get("/metrics")
		if strings.Contains(metrics, fmt.Sprintf("kind=%q,of=%q", d.kind, d.of)) == shown {
			return
		}
		if time.Now().After(end) {
			h.t.Fatalf("shown is not %v within %v\n%q\n%s", shown, within, regexp.MustCompile("deskd_degraded.*").FindAllString(metrics, -1), h.log)
		}
	}
}

var logLine = regexp.MustCompile(`(?m)level=(\w+) msg=("(?:[^"\\]|\\.)*"|\S+)`)

// lines counts the log's lines by level and message.
func (h *house) told() map[string]int {
	count := make(map[string]int)
	for _, m := range logLine.FindAllStringSubmatch(h.log.String(), -1) {
		count[m[1]+" "+strings.ReplaceAll(strings.Trim(m[2], `"`), `\"`, `"`)]++
	}
	return count
}

// Every state in which deskd does less than it should is on the page, in the
// readiness probe and in the metrics as long as it lasts, and in the log once
// when it begins and once when it is over. A day of it fills no log. The race
// detector sees those that soon end by themselves, and -short the simplest.
func TestDegraded(t *testing.T) {
	for _, d := range degradations {
		if d.beside != "" || raceDetector && (d.lasts == 0 || d.lasts >= day) || testing.Short() && d.kind != plan.KindPaused {
			continue
		}
		t.Run(string(d.kind), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) { d.walk(newHouse(t, dir)) })
		})
	}
}

func (d degradation) walk(h *house) {
	if d.config != "" {
		h.write("deskd.yaml", h.configured(d.config))
	}
	if d.cold {
		d.begin(h)
		h.start()
	} else {
		h.start()
		time.Sleep(10 * time.Minute)
		if h.shows(d) {
			h.t.Fatal("it is shown before it begins")
		}
		d.begin(h)
	}
	defer h.stop()
	h.until(d, true, d.within)
	time.Sleep(3 * time.Second) // what probes say is up to two seconds old
	h.shows(d)
	if d.lasts == 0 {
		time.Sleep(d.endures())
		if !h.shows(d) {
			h.t.Error("it is not shown any more")
		}
	}
	d.heard(h, d.said, 1)
	d.heard(h, d.over, 0)
	if d.fix != nil {
		d.fix(h)
	}
	h.until(d, false, max(d.lasts, day))
	time.Sleep(time.Minute)
	if h.shows(d) {
		h.t.Error("it is still shown")
	}
	d.heard(h, d.said, 1)
	d.heard(h, d.over, 1)
	for line, n := range h.told() {
		if n > 25 && !strings.HasPrefix(line, "INFO log") { // logins and logouts are as many as there are
			h.t.Errorf("%d lines of %q", n, line)
		}
	}
}

// endures is how long a state is watched that does not end by itself: a day for
// those that remind of themselves, and for all with DESKD_DAY set. What
// the next hour does not repeat is not told by the hour.
func (d degradation) endures() time.Duration {
	if slices.Contains(reminded, d.kind) || os.Getenv("DESKD_DAY") != "" {
		return day
	}
	return 75 * time.Minute
}

// reminded are the lines of what a person has to fix at once: they come again,
// at most once an hour.
var reminded = []view.Kind{plan.KindRefused, plan.KindHeldLogouts}

func (d degradation) heard(h *house, line string, times int) {
	h.t.Helper()
	if line == "" {
		return
	}
	most := times
	if slices.Contains(reminded, d.kind) {
		most = 25 * times
	}
	if n := h.told()[line]; n < times || n > most {
		h.t.Errorf("%d lines %q, want %d\n%s", n, line, times, h.log)
	}
}

// Every kind is brought about by the test above, and stands in the table of
// docs/operations.md with what the log says of it.
func TestDegradedAreListed(t *testing.T) {
	var kinds []view.Kind
	table := "| kind | when | the log when it begins | when it is over |\n|---|---|---|---|\n"
	for _, d := range degradations {
		kinds = append(kinds, d.kind)
		table += fmt.Sprintf("| `%s` | %s | %s | %s |\n", d.kind, d.when, logged(d.said), logged(d.over))
	}
	if !slices.Equal(kinds, view.Kinds) {
		t.Errorf("kinds are %v, tested are %v", view.Kinds, kinds)
	}
	const path, begin, end = "../../docs/operations.md", "<!-- kinds -->\n", "<!-- end of kinds -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	old, after, ok2 := strings.Cut(rest, end)
	switch {
	case !ok1 || !ok2:
		t.Fatal(errors.New("the page has no place for the table"))
	case *update:
		if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	case old != table:
		t.Errorf("the table of %s is not that of the tests; go test ./cmd/deskd -run Degraded -update writes it", path)
	}
}

func logged(line string) string {
	level, message, found := strings.Cut(line, " ")
	if !found {
		return "–"
	}
	return fmt.Sprintf("%s: %s", strings.ToLower(level), message)
}
