/** Deletes what has lost its owners, and carries out foreground and orphaning deletions. */
package io.berth.controllers.garbage;
