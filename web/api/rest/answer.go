package rest

import "net/http"

// One is an object by its id.
type One struct {
	ID string `path:"id" maxLength:"200"`
}

// Got is one object.
type Got[T any] struct {
	Body T
}

// Answer is one object as an answer.
func Answer[T any](body T) *Got[T] { return &Got[T]{body} }

// Trial is a change that can be tried.
type Trial struct {
	DryRun bool `query:"dry_run" doc:"Say what would be done and who is affected, and do nothing."`
}

// Made is what was made, or would be.
type Made[T any] struct {
	Status int
	Body   T
}

// MadeOf is body as the answer of an operation that has made it, or has not: it was made
// before, or only tried.
func MadeOf[T any](body T, not bool) *Made[T] {
	if not {
		return &Made[T]{http.StatusOK, body}
	}
	return &Made[T]{http.StatusCreated, body}
}

// Tried is what status 200 means for such operations.
var Tried = map[string]string{"200": "It was made before with that key, or this is a dry run."}

// Retried is a request that can be asked again without being heard twice.
type Retried struct {
	Key string `header:"Idempotency-Key" maxLength:"100" doc:"Asked again with it, nothing is made twice. It is kept for 30 days."`
}

// Whole is the one of all with an id, else the error: a part of an id names nothing here.
func Whole[T any](all []T, id string, idOf func(T) string, none error) (found T, err error) {
	for _, one := range all {
		if idOf(one) == id {
			return one, nil
		}
	}
	return found, none
}
