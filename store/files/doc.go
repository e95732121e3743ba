// Package files is what deskd asks of the operating system about the files that it
// alone makes, in a folder that others may be able to write: they are opened without
// following links ([OpenOwn]), handed to the folder's owner ([HandOver]), brought to
// disk ([WriteSynced]), locked ([Acquire]), and noticed when others replace them
// ([Opened]). [Exposed] says what others may do to them.
//
// It knows nothing of what is in the files. It imports the errors of dialect.
package files
