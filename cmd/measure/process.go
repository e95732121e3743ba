package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a program that runs beside this one.
type process struct {
	cmd   *exec.Cmd
	log   string
	ended chan struct{}
}

// start starts a program, whose output goes into the file at log.
func start(ctx context.Context, log, program string, args ...string) (*process, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, program, args...), log: log, ended: make(chan struct{})} //nolint:gosec // programs of this tree
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 10 * time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		_ = out.Close()
		close(p.ended)
	}()
	return p, nil
}

// stop ends p, and returns when it has ended.
func (p *process) stop() {
	if p == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// cpu is the CPU time that p has used so far, in user and system mode.
func (p *process) cpu() (time.Duration, error) {
	var t unix.Timespec
	clock := int32(^p.cmd.Process.Pid)<<3 | 2 //nolint:gosec // a pid has 22 bits; CPUCLOCK_SCHED of the process, as clock_getcpuclockid(3) has it
	if err := unix.ClockGettime(clock, &t); err != nil {
		return 0, fmt.Errorf("CPU time of process %d (its output is in %s): %w", p.cmd.Process.Pid, p.log, err)
	}
	return time.Duration(t.Nano()), nil
}

// cpuOf is the CPU time that p uses while do runs.
func (p *process) cpuOf(do func() error) (time.Duration, error) {
	began, err := p.cpu()
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	ended, err := p.cpu()
	return ended - began, err
}

// ownCPU is the CPU time that this process uses while do runs.
func ownCPU(do func() error) (time.Duration, error) {
	used := func() time.Duration {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // never fails
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	began := used()
	err := do()
	return used() - began, err
}

// answers waits until a page of p is answered with success.
func (p *process) answers(ctx context.Context, url string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.ended:
			return fmt.Errorf("the process has ended; its output is in %s", p.log)
		case <-ctx.Done():
			return fmt.Errorf("%s within %v: %w; its output is in %s", url, within, ctx.Err(), p.log)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// rest waits.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// until polls done until it is true.
func until(ctx context.Context, what string, within time.Duration, done func() (bool, error)) error {
	for end := time.Now().Add(within); time.Now().Before(end); {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		if err := rest(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	return errors.New(what + ": not within " + within.String())
}
