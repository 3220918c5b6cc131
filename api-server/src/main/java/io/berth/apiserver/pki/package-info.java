/** The cluster's certificate authority, the certificates it issues, and where they are kept. */
@NullMarked
package io.berth.apiserver.pki;

import org.jspecify.annotations.NullMarked;
