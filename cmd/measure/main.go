package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// row is a row of the table: it measures a few figures that belong together.
type row struct {
	name, about string
	measure     func(ctx context.Context, l *lab) error
}

var rows = []row{
	{"wave", "logins that begin together, bound by the answers' time", waves},
	{"rate", "logins that begin together, bound by the rate", rates},
	{"login", "CPU of one login of a wave", logins},
	{"sweep", "CPU of asking about one device", sweeps},
	{"late", "lateness of single logins: few, one a second, beside another program", lateness},
	{"beside", "lateness of another cluster's logins during a wave", beside},
	{"asked", "a wave beside requests of programs", asked},
	{"paged", "a wave beside phones that ask for their pages", paged},
	{"idle", "CPU of a daemon with nothing to do", idle},
	{"start", "from the start of the process to the page and to ready", starts},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("measure", flag.ContinueOnError)
	list := f.Bool("list", false, "list the rows")
	full := f.Bool("full", false, "with the sizes that take long")
	quick := f.Bool("quick", false, "small sizes, to see that it works")
	size := f.Int("size", 0, "measure rows that grow at this size alone")
	keep := f.String("folder", "", "`folder` for databases, which are used again; a temporary one without it")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *list {
		for _, r := range rows {
			fmt.Printf("%-8s %s\n", r.name, r.about)
		}
		return nil
	}
	chosen, err := choose(f.Args())
	if err != nil {
		return err
	}
	l, err := newLab(ctx, *keep)
	if err != nil {
		return err
	}
	defer l.close()
	l.full, l.quick, l.size = *full, *quick, *size
	printHead()
	for _, r := range chosen {
		if err := r.measure(ctx, l); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}

// choose returns the rows of some names, all for none.
func choose(names []string) ([]row, error) {
	var chosen []row
	for _, r := range rows {
		if len(names) == 0 || slices.Contains(names, r.name) {
			chosen = append(chosen, r)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(rows, func(r row) bool { return r.name == name }) {
			return nil, fmt.Errorf("there is no row %q; -list lists them (%s)", name, strings.Join(names, " "))
		}
	}
	return chosen, nil
}
