/** What the controllers' tests share. */
package io.berth.controllers.testing;
