// Package powercuttest shows what a power cut would have left of a folder: it reads
// what strace has recorded of the processes that changed it, and builds the
// folder again as a disk may hold it at any moment of theirs. It is for tests
// alone, and knows nothing of what is in the files.
//
// Its model is no kinder than POSIX, and so harsher than the common file systems:
//
//   - What was written to a file, or cut off it, is certain once an fsync that began
//     after it has returned. Until then each sector of 512 bytes is as before or
//     as after, in any combination, also of several writes; a file that has grown
//     without its bytes has zeros there.
//   - What was done to names (a file made, renamed, linked, removed) is certain once an fsync of
//     the folder that began after it has returned; until then each of those deeds may
//     have happened without the ones before it. A rename is one deed. That a file was
//     synced does not make its name certain.
//   - Bytes beside those that are written stay as they are: a sector is whole, or not
//     written (sqlite.org/psow.html).
//
// A call counts from its beginning as one that may have happened, and as one that
// has from its end, so that calls of several threads and processes need no order.
// Files that are written through mmap are beyond it; of SQLite's that is the -shm
// file, which is made again when nobody has it open, and is left out.
package powercuttest
