package feed

// Body is the answer of a fetch. With NotModified the body asked about is still
// the current one and Data is nil.
type Body struct {
	Data []byte
	Validators
	NotModified bool
}
