/** The pod security standards: what a pod may ask of its node at each level. */
@NullMarked
package io.berth.apiserver.admission.security;

import org.jspecify.annotations.NullMarked;
