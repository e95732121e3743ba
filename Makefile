# Targets for people; .ci/run is what has to hold before a change lands.
.PHONY: help test race lint bench fuzz demo golden killsweep nodes scenarios week powercut soak restarts races crowd abuse mutants calendars licenses ci build house

help: ## show this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1	/'

build: ## build deskd without a C compiler
	CGO_ENABLED=0 go build -o deskd ./cmd/deskd

test: ## run the tests
	go test ./...

race: ## run all tests with the race detector; .ci/run leaves the long proofs out of that
	go test -race -shuffle=on ./...

lint: ## run the linters (golangci-lint v2)
	golangci-lint run ./...

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

FUZZTIME ?= 1m
fuzz: ## fuzz every parser for FUZZTIME each
	@for pkg in $$(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -hoE '^func Fuzz[A-Za-z0-9]*' $$pkg/*_test.go | sed 's/func //'); do \
	    echo "$$pkg $$f"; go test $$pkg -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) || exit 1; \
	  done; done

golden: ## rewrite golden files and scenarios; read the diff before committing it
	go test ./scheduler -run Scenarios -update
	go test ./configs ./reservations/feed ./web -update
	go test -p 1 ./phone/... -run Reference -update # they write one page

KILLS ?= 1000
killsweep: ## kill the daemon KILLS times at work; DESKD_KILL_SEED=N repeats a run
	DESKD_KILLS=$(KILLS) go test ./cmd/deskd -run '^TestKillSweep$$' -v -count=1 -timeout 2h

week: ## let 200 phones have their lists of calls cleared for a week, with restarts, exchanged addresses and a killed daemon
	DESKD_WEEK=1 go test ./cmd/deskd/pushes -run TestWeek -v -timeout 60m

NODES ?= all
nodes: ## disturb the nodes of a PostgreSQL database in all ways, or NODES='word|word', in the middle of a wave
	DESKD_NODES="$(NODES)" go test ./cmd/deskd -run '^(TestNodes|TestPromotion|TestHAProxy)$$' -v -count=1 -timeout 30m
	DESKD_NODES=idle go test ./cmd/deskd/daemon -run '^Test((Idle|Releases|Notices)OverNodes|ReleasesGoOn|NobodyDrives)$$' -v -count=1

HOUSE ?= 5000
house: ## a wave of three clusters of HOUSE desks each over two nodes, beside 14 bookings of every desk
	DESKD_HOUSE=$(HOUSE) go test ./cmd/deskd -run '^TestHouseOverNodes$$' -v -count=1 -timeout 2h

scenarios: ## play all scenarios and the model over PostgreSQL, too
	DESKD_DATABASE=postgres go test ./scheduler -run '^(TestScenarios|TestModel)$$' -v -count=1 -timeout 30m

CUTS ?= 20000
powercut: ## look at CUTS folders that power cuts may have left; DESKD_CUT_SEED=N repeats the draw
	DESKD_CUTS=$(CUTS) go test ./cmd/deskd -run '^TestPowerCut$$' -v -count=1 -timeout 2h

WEEKS ?= 500
soak: ## live through a day of each degraded state, and WEEKS simulated weeks against the oracle; DESKD_WEEKS_SEED=N repeats a run
	DESKD_DAY=1 go test ./cmd/deskd -run '^TestDegraded$$' -count=1 -timeout 1h
	DESKD_WEEKS=$(WEEKS) go test ./scheduler -run '^TestModel$$' -v -count=1 -timeout 12h

SERVERS ?= all
calendars: ## install the calendar servers Debian has, and let a feed follow each of SERVERS; as root
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends radicale xandikos davical apache2 libapache2-mod-php \
	  php-cli php-pgsql php-sqlite3 php-xml php-mbstring php-curl php-sabre-dav postgresql cyrus-caldav cyrus-imapd sasl2-bin sogo memcached
	DESKD_CALENDARS=$(SERVERS) go test ./reservations/feed/fetch -run '^(TestServers|TestApacheDigest)$$' -v -count=1 -timeout 30m

RESTARTS ?= all
restarts: ## restart the daemon at every step of every scenario, which takes hours; RESTARTS=WORD at one step of each, another for another word
	DESKD_RESTARTS=$(RESTARTS) go test ./scheduler -run '^TestRestartAnywhere$$' -count=1 -timeout 12h

RACES ?= 1000
races: ## let 2, 10 and 30 clients want one desk at once, RACES times each, on both databases, also over HTTP
	DESKD_RACES=$(RACES) go test ./store -run '^TestDialects$$/^.*$$/^race_of_bookings$$' -v -count=1 -timeout 4h
	DESKD_RACES=$(RACES) go test ./cmd/deskd -run '^(TestRaceOfPrograms|TestRaceOverNodes)$$' -v -count=1 -timeout 4h

CROWD ?= 1m
crowd: ## let 128 programs ask a daemon for everything at once, for CROWD
	DESKD_CROWD=$(CROWD) go test ./cmd/deskd -run '^TestCrowdOfPrograms$$' -v -count=1 -timeout 1h

abuse: ## ask what nobody should of the interface for programs, for longer than the tests do
	DESKD_ABUSE=1 go test ./web/api -run '^(TestCutAtCommit|TestDrivenFromTheDocument)$$' -rapid.checks=2000 -v -count=1 -timeout 1h
	DESKD_ABUSE=1 go test ./cmd/deskd -run '^TestListenToTheDaemon$$' -v -count=1

mutants: ## take each guard away and see its tests fail; MUTANT=WORDS for some, of a guard or file
	DESKD_MUTANTS=$(or $(MUTANT),all) go test ./scheduler -run '^TestMutants$$' -v -count=1 -timeout 6h

licenses: ## write the licences of what is linked into deskd, after a change of go.mod
	touch cmd/deskd/licenses.txt
	go test ./cmd/deskd -run '^TestLicenses$$' -count=1 -update

demo: ## run a whole day in a minute
	go run ./cmd/deskd demo

ci: ## run what has to hold before a change lands
	.ci/run
