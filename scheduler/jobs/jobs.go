package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/robfig/cron/v3"

	"deskd/scheduler/clock"
)

// Job is something done at times, never twice at a time.
type Job struct {
	times cron.Schedule
	job   cron.Job
}

// Table is a list of jobs, and what they run by. Add and At fill it before it runs.
type Table struct {
	Clock clock.Clock
	Zone  *time.Location // nil means UTC
	Log   *slog.Logger

	jobs []Job
}

// At adds a job at times. Recover is the innermost wrapper: outside SkipIfStillRunning, one
// panic would leave its lock held and end the job for ever.
func (t *Table) At(times cron.Schedule, job func()) {
	log := cronLog{t.Log}
	chain := cron.NewChain(cron.SkipIfStillRunning(log), cron.Recover(log))
	t.jobs = append(t.jobs, Job{times, chain.Then(cron.FuncJob(job))})
}

// Add adds a job at the times of a cron spec ("@every 5m", "0 3 * * *").
func (t *Table) Add(spec string, job func()) error {
	times, err := cron.ParseStandard(spec)
	if err != nil {
		return fmt.Errorf("job %q: %w", spec, err)
	}
	t.At(times, job)
	return nil
}

// longestSleep bounds the sleep between two looks at the clock: wall clocks jump, and
// machines suspend.
const longestSleep = 15 * time.Second

// Run runs the jobs until ctx ends, and returns when the last one has ended. After a jump of
// the clock that is large enough to be doubted slept is called.
func (t *Table) Run(ctx context.Context, slept func(ctx context.Context)) {
	var d clock.Drift
	d.Look(t.Clock)
	running := t.start()
	var ended []context.Context
	for t.Clock.Sleep(ctx, longestSleep) == nil {
		by := d.Look(t.Clock).Abs()
		if by >= clock.Noticed {
			ended = append(ended, running.Stop()) // those that run go on
			running = t.start()
		}
		if by >= clock.Doubted {
			slept(ctx)
		}
	}
	for _, e := range append(ended, running.Stop()) {
		<-e.Done()
	}
}

// start starts the jobs at their times by the clock as it is set now.
func (t *Table) start() *cron.Cron {
	zone := t.Zone
	if zone == nil {
		zone = time.UTC
	}
	c := cron.New(cron.WithLogger(cronLog{t.Log}))
	for _, j := range t.jobs {
		c.Schedule(t.Clock.Schedule(j.times, zone), j.job)
	}
	c.Start()
	return c
}

// cronLog brings cron's own messages into ours. Its "info" is a line per wake.
type cronLog struct{ log *slog.Logger }

func (c cronLog) Info(msg string, kv ...any) { c.log.Debug("cron: "+msg, kv...) }

func (c cronLog) Error(err error, msg string, kv ...any) {
	c.log.Error("cron: "+msg, append(kv, "err", err)...)
}
