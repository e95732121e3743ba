// Package scheduler keeps the phones of hot desks in step with the bookings.
//
// Its core is level-triggered and pure, in deskd/scheduler/plan: [plan.Wanted] says who
// should be logged in where, [plan.Plan] compares that with what the phones show and
// answers with the steps that close the difference, each with its reason. What is remembered
// between rounds comes back from the journal, the observations and the phones;
// docs/reliability.md says of every value where from. A lost event, a crash or a
// missed edge is made good by the next round.
//
// Around the core stand the [Reconciler] (one goroutine per cluster that runs
// rounds), the journal of attempts and the way to the phones (deskd/scheduler/phones). All
// clusters, the feeds and the periodic jobs are run by deskd/scheduler/drive.
// What a phone shows is never guessed: a device whose state is unknown is held,
// and a request whose outcome is unknown is resolved by a query, not repeated. An
// answer that contradicts a success of seconds ago may be older than that.
package scheduler
