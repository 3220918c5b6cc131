/** The way to the API server for parts that run in its process. */
@NullMarked
package io.berth.apiserver.inprocess;

import org.jspecify.annotations.NullMarked;
